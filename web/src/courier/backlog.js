/** Positions that are to be reported: kept in their order while there is no network, the oldest dropped. */

/** An hour at one each ten seconds; what came before is of no use to anybody any more. */
const COUNT_MAX = 360;
/** At once, so that one bad network does not lose a long request. */
const BATCH = 60;

export class Backlog {
  #pings = [];

  get length() {
    return this.#pings.length;
  }

  /** Adds a ping, unless it tells of the same instant as the last one. */
  add(ping) {
    if (this.#pings.at(-1)?.at === ping.at) return;
    this.#pings.push(ping);
    if (this.#pings.length > COUNT_MAX) this.#pings.shift();
  }

  /** The newest ones first to be sent: where somebody is matters more than where they were. */
  next() {
    return this.#pings.slice(-BATCH);
  }

  /** These have been answered; of the refused ones, some may come again later. */
  answered(pings, refused = []) {
    const later = refused.filter((line) => line.retry_after_ms != null).map(({ line }) => pings[line - 1]);
    const done = new Set(pings.filter((ping) => !later.includes(ping)));
    this.#pings = this.#pings.filter((ping) => !done.has(ping));
  }
}

/**
 * A ping of what the browser says of a position.
 * @param {GeolocationPosition} position
 * @param {number} ageMs how long ago it was measured
 * @param {number} now the server's time
 */
export function pingOf(courierId, { coords }, ageMs, now) {
  const measures = { accuracy_m: coords.accuracy, speed_mps: coords.speed, heading_deg: coords.heading };
  // Somebody who stands still heads nowhere, which browsers say as NaN or null.
  const known = Object.entries(measures).filter(([, measure]) => Number.isFinite(measure));
  return {
    courier_id: courierId,
    lat: coords.latitude,
    lng: coords.longitude,
    at: new Date(now - Math.max(0, ageMs)).toISOString(),
    ...Object.fromEntries(known),
  };
}
