/**
 * A courier's way between two reports: from where the last one was shown to where the next one is,
 * in the time it took to hear of it.
 */

const GLIDE_MS_MIN = 500;
const GLIDE_MS_MAX = 10_000;
/** A step so long is no ride, but news after a silence: degrees, some two kilometres. */
const JUMP = 0.02;

export class Glide {
  #from = null;
  #to = null;
  #heardAt = 0;
  #glideMs = 0;

  /** @param {boolean} isStill whether the person wants nothing to move by itself */
  constructor(isStill = false) {
    this.isStill = isStill;
  }

  /** Whether it is anywhere. */
  get isPlaced() {
    return this.#to !== null;
  }

  /** Takes a report that came at `now`, in milliseconds; the same place again changes nothing. */
  take({ lng, lat }, now) {
    if (this.#to?.lng === lng && this.#to.lat === lat) return;
    const shown = this.at(now);
    const isJump = !shown || this.isStill || Math.abs(lng - shown.lng) > JUMP || Math.abs(lat - shown.lat) > JUMP;
    this.#glideMs = isJump ? 0 : Math.min(Math.max(now - this.#heardAt, GLIDE_MS_MIN), GLIDE_MS_MAX);
    this.#from = isJump ? { lng, lat } : shown;
    this.#to = { lng, lat };
    this.#heardAt = now;
  }

  /** Is nowhere again. */
  clear() {
    this.#from = this.#to = null;
  }

  /** Where it is shown at `now`; null where it is nowhere. */
  at(now) {
    if (!this.#to) return null;
    const part = this.#glideMs > 0 ? Math.min((now - this.#heardAt) / this.#glideMs, 1) : 1;
    const between = (from, to) => from + (to - from) * part;
    return { lng: between(this.#from.lng, this.#to.lng), lat: between(this.#from.lat, this.#to.lat) };
  }

  /** Whether it moves at `now`. */
  isMoving(now) {
    return this.#to !== null && now - this.#heardAt < this.#glideMs;
  }
}
