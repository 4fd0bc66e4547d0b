/** Requests to the server that served this page. */

import { key } from './session.js';

/** In a bad network an answer may never come. */
export const ANSWER_MS_MAX = 10_000;

/** What the server answered instead of what was asked for: RFC 9457 problem details. */
export class Problem extends Error {
  constructor(status, details) {
    super(details?.detail ?? details?.title ?? `the server answered ${status}`);
    this.status = status;
    this.code = details?.code ?? null;
    /** All of what was answered. */
    this.details = details ?? {};
  }

  /** What an answer other than 2xx says. */
  static async of(answer) {
    return new Problem(answer.status, await answer.json().catch(() => null));
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
  throw await Problem.of(answer);
}

/** Sends JSON, and answers what was answered. Throws as {@link get}, and where no answer comes in time. */
export async function send(method, path, body, more = {}) {
  const headers = { ...authorization(), 'Content-Type': 'application/json', ...more };
  const signal = AbortSignal.timeout(ANSWER_MS_MAX);
  const answer = await fetch(path, { method, headers, body: JSON.stringify(body), signal });
  if (answer.ok) return answer.json();
  throw await Problem.of(answer);
}

/** The path of a courier's resource; foreign ids may hold anything. */
export function courierPath(courierId, resource) {
  return `/v1/couriers/${encodeURIComponent(courierId)}/${resource}`;
}

/** The path of a delivery, or of what is done with it. */
export function deliveryPath(deliveryId, verb = null) {
  return `/v1/deliveries/${encodeURIComponent(deliveryId)}${verb ? `/${verb}` : ''}`;
}
