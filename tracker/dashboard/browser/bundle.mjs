// Bundles each entry below with the modules that it imports into one file of bundles/; with --check, compares instead.
//
// They are not minified: that would save a viewer 19 kB of the 2 MB that the page loads, and cost readable stack traces
// and diffs.

import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const WIDGETS = ["charts", "download", "page", "scrubber", "table"]; // modules that anywidget loads
const SCRIPTS = ["busy_page", "kernel_gone", "opening_page", "static_page"]; // inside of HTML

const here = dirname(fileURLToPath(import.meta.url));
const bundles = join(here, "bundles");

/**
 * The first line: the sources and their hash, by which the tests notice an edit that was not bundled.
 * @param {string[]} sources
 */
async function firstLine(sources) {
  const hash = createHash("sha256");
  for (const name of sources) hash.update(await readFile(join(here, name)));
  return `// Made by \`make bundles\` from ${sources.join(" ")}: sha256 ${hash.digest("hex")}\n`;
}

/**
 * @param {string} name
 * @param {"esm" | "iife"} format
 */
async function bundle(name, format) {
  const { outputFiles, metafile } = await build({
    absWorkingDir: here,
    entryPoints: [`${name}.js`],
    bundle: true,
    format,
    target: "es2022",
    charset: "utf8",
    legalComments: "none",
    logLevel: "warning",
    metafile: true,
    write: false,
  });
  return (await firstLine(Object.keys(metafile.inputs).sort())) + outputFiles[0].text;
}

/** @param {string} path */
async function read(path) {
  return readFile(path, "utf8").catch(() => "");
}

const made = new Map();
for (const name of WIDGETS) made.set(`${name}.js`, await bundle(name, "esm"));
for (const name of SCRIPTS) made.set(`${name}.js`, await bundle(name, "iife"));

await mkdir(bundles, { recursive: true });
if (process.argv.includes("--check")) {
  const names = new Set([...made.keys(), ...(await readdir(bundles))]);
  const wrong = [];
  for (const name of names) if ((await read(join(bundles, name))) !== made.get(name)) wrong.push(basename(name));
  if (wrong.length) {
    console.error(`bundles: ${wrong.join(", ")}: not what the sources make; type: make bundles`);
    process.exit(1);
  }
} else {
  for (const [name, text] of made) await writeFile(join(bundles, name), text);
}
