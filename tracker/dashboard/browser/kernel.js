// The kernel of this view of the page, as the server knows it.

/** Return Voila's configuration of the page: the server's base address and the kernel's id once it has started. */
function pageConfig() {
  /** @type {{baseUrl?: string, kernelId?: string}} */
  let config = {};
  try {
    config = JSON.parse(document.getElementById("jupyter-config-data")?.textContent ?? "{}");
  } catch {
    // The browser has read only a part of it yet: it comes with the kernel, late, into a page that is shown already.
  }
  return { base: config.baseUrl ?? "/", id: config.kernelId };
}

/** Return the kernel's id; undefined before it has started, and outside of Voila. */
export function kernelId() {
  return pageConfig().id;
}

/**
 * Ask the server whether the kernel exists: "running", "gone", or "unreachable" without an answer; "forbidden" if the
 * viewer has to log in first.
 * @param {number} timeout milliseconds
 * @returns {Promise<"running" | "gone" | "unreachable" | "forbidden">}
 */
export async function kernelState(timeout) {
  const { base, id } = pageConfig();
  const aborting = new AbortController(); // a signal with a timeout came with Safari 16
  const timer = setTimeout(() => aborting.abort(), timeout);
  try {
    const response = await fetch(`${base}api/kernels/${id}`, { cache: "no-store", signal: aborting.signal });
    if (response.status === 404) return "gone";
    if (response.status === 403) return "forbidden";
    return response.status < 500 ? "running" : "unreachable";
  } catch {
    return "unreachable";
  } finally {
    clearTimeout(timer);
  }
}
