/** The key of this tab. It is kept as long as the tab, sent in headers only, and never in an address. */

const PLACE = 'doorstep.key';

/** The key, or null. */
export function key() {
  return sessionStorage.getItem(PLACE);
}

/** Keeps a key for as long as the tab lives. */
export function signIn(secret) {
  sessionStorage.setItem(PLACE, secret);
}

/** Forgets the key. */
export function signOut() {
  sessionStorage.removeItem(PLACE);
}

/** Takes `#key=…` out of the address bar, and out of the history, before anything else happens. */
export function keyFromAddress() {
  const given = new URLSearchParams(location.hash.slice(1)).get('key');
  if (!given) return;
  history.replaceState(null, '', location.pathname + location.search);
  signIn(given);
}
