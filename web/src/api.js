/** Requests to the server that served this page. */

import { key } from './session.js';

/** What the server answered instead of what was asked for: RFC 9457 problem details. */
export class Problem extends Error {
  constructor(status, details) {
    super(details?.detail ?? details?.title ?? `the server answered ${status}`);
    this.status = status;
    this.code = details?.code ?? null;
  }
}

/** The header that says who asks. */
export function authorization() {
  return { Authorization: `Bearer ${key() ?? ''}` };
}

/** GET as JSON. Throws {@link Problem} for any answer but 2xx, TypeError where there is no server. */
export async function get(path, parameters = {}, signal = undefined) {
  const given = Object.entries(parameters).filter(([, value]) => value != null);
  const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  const address = query.size > 0 ? `${path}?${query}` : path;
  const answer = await fetch(address, { headers: authorization(), signal });
  if (answer.ok) return answer.json();
  throw new Problem(answer.status, await answer.json().catch(() => null));
}

/** The path of a courier's resource; foreign ids may hold anything. */
export function courierPath(courierId, resource) {
  return `/v1/couriers/${encodeURIComponent(courierId)}/${resource}`;
}
