/** How fast positions come, and how old the newest is, over the last few batches. */

const WINDOW_S = 5;

export class Pulse {
  #batches = [];

  /** Takes note of a frame that came at `now`, in seconds. Resets count nothing: they tell what was. */
  note(frame, now) {
    if (!frame.couriers || frame.isReset) return;
    this.#batches.push({ now, count: frame.couriers.count, ageMs: newestAgeMs(frame.couriers) });
    this.#forget(now);
  }

  /** Positions a second. */
  rate(now) {
    this.#forget(now);
    return this.#batches.reduce((sum, { count }) => sum + count, 0) / WINDOW_S;
  }

  /** Milliseconds from a ping to the newest batch, at best; null where nothing came. */
  lagMs(now) {
    this.#forget(now);
    const ages = this.#batches.filter(({ count }) => count > 0).map(({ ageMs }) => ageMs);
    return ages.length > 0 ? ages.at(-1) : null;
  }

  #forget(now) {
    while (this.#batches.length > 0 && this.#batches[0].now <= now - WINDOW_S) this.#batches.shift();
  }
}

function newestAgeMs(couriers) {
  let newest = Infinity;
  for (let index = 0; index < couriers.count; index += 1) newest = Math.min(newest, couriers.ageMs(index));
  return newest;
}
