/** The secret link of a delivery, `{delivery_id}.{token}`. */

/** The link within a page's address; null where there is none. */
export function linkOf(pathname) {
  const [, link] = pathname.match(/^\/track\/([^/]+)\/?$/) ?? [];
  return link ?? null;
}

/** Where the server tells of it. */
export function trackPath(link) {
  return `/v1/track/${link}`;
}
