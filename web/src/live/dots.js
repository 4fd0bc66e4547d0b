/**
 * All couriers in sight, as the GPU wants them: eight words each in one buffer, no object per courier.
 *
 * A dot glides from where it was seen to where the newest batch says it is; the GPU does that for
 * every picture, and this file the same for one dot when it is asked where it is.
 */

import { stateOf } from './frame.js';
import { latOf, lngOf, xOf, yOf } from '../map/mercator.js';

/** Words of a dot: from x y, to x y (u32), moved at, glide, born at (f32 s), traits (u32). */
export const WORDS = 8;
const [FROM_X, FROM_Y, TO_X, TO_Y, MOVED_AT, GLIDE, BORN_AT, TRAITS] = [0, 1, 2, 3, 4, 5, 6, 7];

/** A dot glides as long as it last paused, but no longer: the map must not fall behind. */
const GLIDE_S_MIN = 1;
const GLIDE_S_MAX = 3;
/** A step beyond this (2 km at the equator) is a jump, and is shown as one. */
const JUMP = 2000 * (2 ** 32 / 40_075_017);

export class Dots {
  count = 0;
  /** Dots by state, as in STATES. */
  counts = new Uint32Array(3);
  /** Grows with each change of the buffer. */
  revision = 0;
  /** Until when something glides, in seconds of the caller's clock. */
  restless = 0;

  #slots = new Uint32Array(1024); // by number; slot + 1, or 0
  #numbers = new Uint32Array(1024); // by slot
  #seen = new Uint32Array(1024); // by slot: the snapshot since which it is known
  #snapshot = 0;
  #isSwept = true;

  constructor() {
    this.#allocate(1024);
  }

  /** The buffer to upload: `count` dots of WORDS words. */
  get words() {
    return this.unsigned.subarray(0, this.count * WORDS);
  }

  /**
   * Takes a frame's couriers; those outside `box` have left it.
   * @param {ReturnType<typeof import('./frame.js').readFrame>} frame
   * @param {{now: number, box: number[]}} how now in seconds; box w, s, e, n in degrees
   */
  take({ couriers, isReset, isWhole }, { now, box }) {
    if (isReset) {
      this.#snapshot += 1;
      this.#isSwept = false;
    }
    const [west, south, east, north] = box.map((degrees) => degrees * 1e7);
    for (let index = 0; index < couriers.count; index += 1) {
      const lat = couriers.latE7(index);
      const lng = couriers.lngE7(index);
      const number = couriers.number(index);
      if (lng < west || lng > east || lat < south || lat > north) this.#remove(number);
      else this.#place(number, lat / 1e7, lng / 1e7, couriers.ageMs(index), couriers.traits(index), now);
    }
    // Whoever is in a snapshot too keeps gliding from where it is shown; only the others go.
    if (isWhole && !this.#isSwept) this.#removeUnseen();
    this.revision += 1;
  }

  /** Forgets all. */
  clear() {
    for (let slot = 0; slot < this.count; slot += 1) this.#slots[this.#numbers[slot]] = 0;
    this.count = 0;
    this.counts.fill(0);
    this.revision += 1;
  }

  /** The slot of a courier's number, or -1. */
  slotOf(number) {
    return number >= 0 && number < this.#slots.length ? this.#slots[number] - 1 : -1;
  }

  numberAt(slot) {
    return this.#numbers[slot];
  }

  /** Where a dot is shown at `now`, in degrees. */
  shownAt(slot, now) {
    const at = slot * WORDS;
    const part = this.#partOf(at, now);
    const x = this.#between(at + FROM_X, at + TO_X, part);
    const y = this.#between(at + FROM_Y, at + TO_Y, part);
    return { lng: lngOf(x), lat: latOf(y) };
  }

  /** Where the courier was last reported, in degrees. */
  reportedAt(slot) {
    const at = slot * WORDS;
    return { lng: lngOf(this.unsigned[at + TO_X]), lat: latOf(this.unsigned[at + TO_Y]) };
  }

  /** West, south, east, north of where all were last reported; null where nobody is. */
  bounds() {
    if (this.count === 0) return null;
    let [west, east] = [180, -180];
    let [least, most] = [Infinity, -Infinity];
    for (let slot = 0; slot < this.count; slot += 1) {
      const lng = lngOf(this.unsigned[slot * WORDS + TO_X]);
      west = Math.min(west, lng);
      east = Math.max(east, lng);
      least = Math.min(least, this.unsigned[slot * WORDS + TO_Y]);
      most = Math.max(most, this.unsigned[slot * WORDS + TO_Y]);
    }
    return [west, latOf(most), east, latOf(least)];
  }

  /** The slot whose dot is shown nearest to a place, within a reach in degrees of longitude; or -1. */
  nearest({ lng, lat }, reach, now) {
    const x = xOf(lng);
    const y = yOf(lat);
    let best = (reach / 360) * 2 ** 32;
    let found = -1;
    for (let slot = 0; slot < this.count; slot += 1) {
      const at = slot * WORDS;
      const part = this.#partOf(at, now);
      const dx = this.#between(at + FROM_X, at + TO_X, part) - x;
      const dy = this.#between(at + FROM_Y, at + TO_Y, part) - y;
      const distance = Math.hypot(dx, dy);
      if (distance > best) continue;
      best = distance;
      found = slot;
    }
    return found;
  }

  #place(number, lat, lng, ageMs, traits, now) {
    const known = this.slotOf(number);
    const slot = known < 0 ? this.#add(number) : known;
    const at = slot * WORDS;
    const x = xOf(lng);
    const y = yOf(lat);
    if (known < 0) {
      this.#set(at, x, y, 0);
    } else {
      this.counts[stateOf(this.unsigned[at + TRAITS])] -= 1;
      this.#turn(at, x, y, now);
    }
    this.counts[stateOf(traits)] += 1;
    this.unsigned[at + TO_X] = x;
    this.unsigned[at + TO_Y] = y;
    this.unsigned[at + TRAITS] = traits;
    this.floats[at + MOVED_AT] = now;
    this.floats[at + BORN_AT] = now - ageMs / 1000;
    this.#seen[slot] = this.#snapshot;
  }

  /** Sets out from where the dot is shown now, for as long as it took to hear of it again. */
  #turn(at, x, y, now) {
    const part = this.#partOf(at, now);
    const fromX = this.#between(at + FROM_X, at + TO_X, part);
    const fromY = this.#between(at + FROM_Y, at + TO_Y, part);
    if (Math.abs(x - fromX) > JUMP || Math.abs(y - fromY) > JUMP) {
      this.#set(at, x, y, 0);
      return;
    }
    const pause = now - this.floats[at + MOVED_AT];
    const glide = Math.min(Math.max(pause, GLIDE_S_MIN), GLIDE_S_MAX);
    this.#set(at, fromX, fromY, glide);
    this.restless = Math.max(this.restless, now + glide);
  }

  #set(at, fromX, fromY, glide) {
    this.unsigned[at + FROM_X] = fromX;
    this.unsigned[at + FROM_Y] = fromY;
    this.floats[at + GLIDE] = glide;
  }

  #partOf(at, now) {
    const glide = this.floats[at + GLIDE];
    return glide > 0 ? Math.min(Math.max((now - this.floats[at + MOVED_AT]) / glide, 0), 1) : 1;
  }

  #between(from, to, part) {
    // A difference in 32 bits is right over the antimeridian too.
    return (this.unsigned[from] + ((this.unsigned[to] - this.unsigned[from]) | 0) * part) >>> 0;
  }

  #add(number) {
    if (this.count * WORDS === this.unsigned.length) this.#allocate(this.count * 2);
    if (number >= this.#slots.length) this.#slots = grown(this.#slots, number + 1);
    const slot = this.count;
    this.count += 1;
    this.#numbers[slot] = number;
    this.#slots[number] = slot + 1;
    return slot;
  }

  #remove(number) {
    const slot = this.slotOf(number);
    if (slot < 0) return;
    const last = this.count - 1;
    this.counts[stateOf(this.unsigned[slot * WORDS + TRAITS])] -= 1;
    this.unsigned.copyWithin(slot * WORDS, last * WORDS, (last + 1) * WORDS);
    this.#numbers[slot] = this.#numbers[last];
    this.#seen[slot] = this.#seen[last];
    this.#slots[this.#numbers[slot]] = slot + 1;
    this.#slots[number] = 0;
    this.count = last;
  }

  #removeUnseen() {
    this.#isSwept = true;
    for (let slot = this.count - 1; slot >= 0; slot -= 1) {
      if (this.#seen[slot] !== this.#snapshot) this.#remove(this.#numbers[slot]);
    }
  }

  #allocate(capacity) {
    this.#numbers = grown(this.#numbers, capacity);
    this.#seen = grown(this.#seen, capacity);
    this.unsigned = grown(this.unsigned ?? new Uint32Array(0), capacity * WORDS);
    this.floats = new Float32Array(this.unsigned.buffer);
  }
}

/** A copy with room for at least `length`, doubled so that growing stays rare. */
function grown(array, length) {
  const copy = new Uint32Array(Math.max(length, array.length * 2));
  copy.set(array);
  return copy;
}
