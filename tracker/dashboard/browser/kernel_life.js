// Voila starts a kernel for each view of the page; these end it with the view, and the view with it.

import { kernelId, kernelState } from "./kernel.js";
import { reload } from "./reload.js";

const CHECK = 2_000; // ms

// The last one, as the server does: another server at this host name may have set one, too.
const xsrfCookie = () => document.cookie.match(/.*(?:^|; )_xsrf=([^;]*)/)?.[1];

/**
 * Tell the server when the viewer leaves. It asks for a double submit, a cookie and the same value in the form, and
 * Voila sets no such cookie; where the request comes from is checked by the server, too.
 * @param {string} base the server's base address
 */
export function endKernelOnLeave(base) {
  if (!xsrfCookie()) {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    const value = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API does not exist on a page without TLS
    document.cookie = `_xsrf=${value};path=${base};SameSite=Strict${location.protocol === "https:" ? ";Secure" : ""}`;
  }
  addEventListener("pagehide", () => {
    const kernel = kernelId();
    const form = new FormData();
    form.append("_xsrf", decodeURIComponent(xsrfCookie() ?? ""));
    if (kernel) navigator.sendBeacon(`${base}voila/api/shutdown/${kernel}`, form);
  });
}

/**
 * Reload a page whose kernel is gone, or whose viewer was logged out, before the page is connected to it, which takes a
 * while on a slow line.
 * @param {() => boolean} isBlocked whether no websocket comes through: the kernel is then of no use, and left to end
 */
export function reloadWithoutKernel(isBlocked) {
  const timer = setInterval(async () => {
    if (isBlocked()) return;
    if (document.querySelector(".bt-page[data-theme]:not(#bt-snapshot *)")) return clearInterval(timer);
    if (kernelId() && ["gone", "forbidden"].includes(await kernelState(CHECK))) reload();
  }, CHECK);
  // The browser may have kept the page for its back button; its kernel is gone.
  addEventListener("pageshow", (event) => event.persisted && location.reload());
}
