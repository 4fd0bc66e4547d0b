/** How an order is written, sent, and what its refusal means. */

import { insist, isPassing } from '../courier/insist.js';

/** An order that waits longer than this is not sent by itself any more: somebody is asked first. */
const OLD_MS = 10 * 60_000;

/** What may be done where not everything lies in one place, in the order in which it is offered. */
export const CHOICES = [
  { name: 'split', title: 'Send all of it', line: 'If need be from several stores, as several deliveries.' },
  { name: 'partial', title: 'Bring what one store has', line: 'From the store that has most of it. You pay for that only.' },
  { name: 'refuse', title: 'All in one delivery, or nothing', line: 'If no store has everything, nothing is ordered and you are asked.' },
];

/** A telephone number as E.164; null where it is none. */
export function phoneOf(text) {
  const digits = text.replace(/[\s().\-/]/g, '').replace(/^00/, '+');
  return /^\+[1-9]\d{6,14}$/.test(digits) ? digits : null;
}

/** A key that nobody else has: 128 bits of chance. `randomUUID` is not there without TLS. */
export function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The body of `POST /v1/orders`; each line with the price that was shown. */
export function orderOf({ market, place, customer, lines, onShortage, tipMinor, instructions }) {
  const { phone, name } = customer;
  return {
    market,
    customer: { phone, ...(name ? { name } : {}) },
    destination_address: { lat: place.lat, lng: place.lng, ...(place.address ? { address: place.address } : {}) },
    lines: lines.map(({ item_id, quantity, price_minor }) => ({ item_id, quantity, price_minor })),
    on_shortage: onShortage,
    ...(tipMinor > 0 ? { tip_minor: tipMinor } : {}),
    ...(instructions ? { instructions } : {}),
  };
}

/** Whether an order that was found after a reload is too old to be sent without asking. */
export function isOld({ at_ms }, now) {
  return now - at_ms > OLD_MS;
}

/** Whether the same request may yet be answered otherwise: it is still being decided, or nobody answered. */
export function isUnanswered(problem) {
  return isPassing(problem) || problem.code === 'request_running';
}

/**
 * Sends an order under its one key until it is answered.
 * @param {{key: string, body: object}} order
 * @param {(order: object) => Promise<object>} post may be done twice without harm
 * @param {{onWait: () => void, isWanted: () => boolean, wait?: (ms: number) => Promise<void>}} options
 * @returns {Promise<object>} Throws the refusal; what is thrown while it {@link isUnanswered} is none.
 */
export function sendOrder(order, post, { onWait, isWanted, ...more }) {
  const running = async () => {
    try {
      return await post(order);
    } catch (problem) {
      // Somebody else, perhaps this page before it was reloaded, has asked the same: wait for that answer.
      if (problem.code === 'request_running') throw new TypeError('still being decided', { cause: problem });
      throw problem;
    }
  };
  return insist(running, { isWorthwhile: isWanted, onWait, ...more });
}

/**
 * What a refusal means to whoever ordered: `{kind, title, line, lines}`. The kinds are `short` (take what
 * is left), `apart` (all is there, not in one place), `gone` (nothing is left), `price`, `closed`,
 * `out_of_reach`, `field` (with the pointer of the field) and `other`.
 */
export function refusalOf(problem, order) {
  const { code, details } = problem;
  const lines = code === 'shortage' ? (details?.lines ?? []) : [];
  if (code === 'shortage') return shortage(lines, order);
  const [kind, title, line] = {
    price_changed: ['price', 'A price has changed', 'Nothing was ordered. The new prices are in your basket: order again if they are all right.'],
    closed: ['closed', 'Closed now', 'The stores that reach you have just closed. Nothing was ordered, and your basket is kept.'],
    out_of_reach: ['out_of_reach', 'Too far away', 'No store reaches this address within the hour. Nothing was ordered.'],
  }[code] ?? ['other', 'It was not ordered', problem.message];
  const field = details?.errors?.[0];
  if (kind === 'other' && field?.pointer) return { kind: 'field', pointer: field.pointer, title, line: field.detail ?? problem.message, lines: [] };
  return { kind, title, line, lines };
}

function shortage(lines, { on_shortage }) {
  const short = lines.filter(({ wanted, available }) => available < wanted);
  if (short.length === 0) {
    const line = on_shortage === 'refuse' ? 'All of it is here, but not in one store. Nothing was ordered.' : 'It could not be brought together. Nothing was ordered.';
    return { kind: 'apart', title: 'Not in one place', line, lines };
  }
  const isGone = lines.every(({ available }) => available === 0);
  if (isGone) return { kind: 'gone', title: lines.length === 1 ? 'Somebody was faster' : 'All of it is gone', line: 'Nothing of it is left here. Nothing was ordered.', lines };
  return { kind: 'short', title: 'Somebody was faster', line: 'Not everything is left. Nothing was ordered yet.', lines };
}
