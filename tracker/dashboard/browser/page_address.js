// The viewer's choices in the page's address, so that it can be shared and survives a reload.

/**
 * Replace the choices in the address by *query*; other keys stay, except a token, which must not be shared.
 * @param {string} query
 * @param {string[]} keys those of the choices
 */
export function writeQuery(query, keys) {
  const replaced = new Set([...keys, "token"]);
  const others = location.search
    .slice(1)
    .split("&")
    .filter((part) => part && !replaced.has(part.split("=")[0]));
  const search = [...others, ...(query ? [query] : [])].join("&");
  const wanted = location.pathname + (search ? `?${search}` : "") + location.hash;
  if (wanted !== location.pathname + location.search + location.hash) history.replaceState(history.state, "", wanted);
}
