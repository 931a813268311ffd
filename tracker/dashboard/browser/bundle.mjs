// Bundles each script below with the modules that it imports into one file of bundles/, and compiles each style sheet
// into one, for browsers of 2021 and later; with --check, compares instead.
//
// Scripts are not minified: that would save a viewer 19 kB of the 2 MB that the page loads, and cost readable stack
// traces and diffs. Style sheets are: they are part of the page's first bytes, and no error points into them.

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { transform } from "lightningcss";

const WIDGETS = ["charts", "date_field", "download", "live_html", "page", "scrubber", "table"]; // modules that anywidget loads
const SCRIPTS = ["busy_page", "kernel_gone", "opening_page", "static_page"]; // inside of HTML

const STYLES = { page: "../../render/page.css", report: "../../render/report/report.css" };

// What iPads of 2017 and a cautious company may run: no nesting, no light-dark(), no container queries.
const TARGET = ["safari15", "firefox102"];
const STYLE_TARGETS = { safari: 15 << 16, ios_saf: 15 << 16, firefox: 102 << 16 };

const here = dirname(fileURLToPath(import.meta.url));
const bundles = join(here, "bundles");

/**
 * The first line's text: the sources and their hash, by which the tests notice an edit that was not bundled.
 * @param {string[]} sources
 */
async function firstLine(sources) {
  const hash = createHash("sha256");
  for (const name of sources) hash.update(await readFile(join(here, name)));
  return `Made by \`make bundles\` from ${sources.join(" ")}: sha256 ${hash.digest("hex")}`;
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
    target: TARGET,
    charset: "utf8",
    legalComments: "none",
    logLevel: "warning",
    metafile: true,
    write: false,
  });
  return `// ${await firstLine(Object.keys(metafile.inputs).sort())}\n${outputFiles[0].text}`;
}

/**
 * Return what stands in for the container queries of *css* where there are none: the same rules by the window's width.
 * The page nearly always has the window's width; a cell in JupyterLab then is laid out as if it had.
 * @param {string} css
 */
function withoutContainers(css) {
  let rules = "";
  for (const { 0: head, 1: condition, index } of css.matchAll(/^@container \w+ ([^{]+) \{/gm)) {
    const start = index + head.length;
    let end = start;
    for (let depth = 1; depth > 0; end++) depth += css[end] === "{" ? 1 : css[end] === "}" ? -1 : 0;
    rules += `@supports not (container-type: inline-size) { @media ${condition} { ${css.slice(start, end).replaceAll("cqw", "vw")} }\n`;
  }
  return rules;
}

/** @param {string} source */
async function style(source) {
  const css = await readFile(join(here, source), "utf8");
  const code = Buffer.from(css + withoutContainers(css));
  const { code: compiled, warnings } = transform({ filename: source, code, minify: true, targets: STYLE_TARGETS });
  for (const { message, loc } of warnings) console.error(`${source}:${loc.line}: ${message}`);
  return `/* ${await firstLine([source])} */\n${compiled}\n`;
}

/** @param {string} path */
async function read(path) {
  return readFile(path, "utf8").catch(() => "");
}

const made = new Map();
for (const name of WIDGETS) made.set(`${name}.js`, await bundle(name, "esm"));
for (const name of SCRIPTS) made.set(`${name}.js`, await bundle(name, "iife"));
for (const [name, source] of Object.entries(STYLES)) made.set(`${name}.css`, await style(source));

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
