/** The courier that somebody has clicked on or searched for: who it is, how it is, where it was. */

import { courierPath, get, Problem } from '../api.js';

const LOOK_AGAIN_MS = 2000;
const TRACK_AGAIN_MS = 15_000;
/** How far a courier can be from its dot by now: degrees, some 100 m. */
const AROUND = 0.001;
const HOUR_MS = 3_600_000;

export class Chosen {
  /** Its id, or null where nobody is chosen. */
  id = $state(null);
  /** What is known of it: state, instant, motion; null until it is. */
  facts = $state.raw(null);
  /** What it carries, as deliveries of its work. */
  carried = $state.raw([]);
  /** What could not be shown, in a sentence. */
  trouble = $state(null);
  /** How far back its track goes. */
  hours = $state(2);

  #map;
  #number = -1;
  #timer = 0;
  #trackedAt = 0;
  #turn = 0;

  constructor(map) {
    this.#map = map;
  }

  /** Chooses whose dot has been clicked on. */
  async pick(slot) {
    if (slot < 0) return this.clear();
    const { dots } = this.#map;
    const turn = this.#begin(null, dots.numberAt(slot));
    const id = await this.#attempt(turn, () => whoIs(dots.numberAt(slot), dots.reportedAt(slot)));
    const facts = id && (await this.#attempt(turn, () => get(courierPath(id, 'position'))));
    if (facts) await this.#settle(turn, facts);
    else if (turn === this.#turn) this.trouble ??= 'This courier has just moved on; try again.';
  }

  /** Chooses by id, and goes there. */
  async find(id) {
    const turn = this.#begin(id, -1);
    const facts = await this.#attempt(turn, () => get(courierPath(id, 'position')));
    if (!facts) return;
    this.#map.showPlace([facts.lng, facts.lat]);
    await this.#settle(turn, facts);
  }

  /** Chooses nobody. */
  clear() {
    this.#begin(null, -1);
    this.#map.showTrack(null);
  }

  /** Shows more or less of the track. */
  back(hours) {
    this.hours = hours;
    this.#trackedAt = 0;
    this.#turn += 1;
    this.#follow(this.#turn);
  }

  #begin(id, number) {
    clearTimeout(this.#timer);
    this.#turn += 1;
    this.#trackedAt = 0;
    [this.id, this.facts, this.trouble, this.carried] = [id, null, null, []];
    this.#mark(number);
    this.#map.showTrack(null);
    return this.#turn;
  }

  #mark(number) {
    this.#number = number;
    this.#map.select(number);
  }

  async #settle(turn, facts) {
    if (turn !== this.#turn) return;
    this.id = facts.courier_id;
    this.#learn(facts);
    await this.#follow(turn);
  }

  #learn(facts) {
    this.facts = facts;
    if (this.#number >= 0) return;
    // Found by its id: its dot is the one that is where it is.
    const { dots } = this.#map;
    const slot = dots.nearest(facts, AROUND, this.#map.now());
    this.#mark(slot < 0 ? -1 : dots.numberAt(slot));
  }

  /** Looks again and again, as long as this courier is the chosen one. */
  async #follow(turn) {
    clearTimeout(this.#timer);
    const [facts, work] = await Promise.all([
      this.#attempt(turn, () => get(courierPath(this.id, 'position'))),
      // Where they are is shown also where nobody knows what they do.
      get(courierPath(this.id, 'work')).catch(() => null),
    ]);
    if (facts) this.#learn(facts);
    if (turn === this.#turn && work) this.carried = work.deliveries;
    if (turn === this.#turn && Date.now() - this.#trackedAt > TRACK_AGAIN_MS) await this.#track(turn);
    if (turn === this.#turn) this.#timer = setTimeout(() => this.#follow(turn), LOOK_AGAIN_MS);
  }

  async #track(turn) {
    this.#trackedAt = Date.now();
    const [from, to] = [Date.now() - this.hours * HOUR_MS, Date.now()].map((ms) => new Date(ms).toISOString());
    const track = await this.#attempt(turn, () => get(courierPath(this.id, 'track'), { from, to }));
    if (track) this.#map.showTrack(track);
  }

  /** The answer, or null where there was none or somebody else has been chosen meanwhile. */
  async #attempt(turn, ask) {
    try {
      const answer = await ask();
      if (turn !== this.#turn) return null;
      this.trouble = null;
      return answer;
    } catch (problem) {
      if (turn !== this.#turn) return null;
      this.trouble = problem instanceof Problem ? problem.message : 'The server cannot be reached.';
      return null;
    }
  }
}

/** The id of the courier of a number, who has just been at a place; null where it has gone. */
async function whoIs(number, { lng, lat }) {
  const bbox = [lng - AROUND, lat - AROUND, lng + AROUND, lat + AROUND].map((edge) => edge.toFixed(7));
  const { features } = await get('/v1/map', { bbox: bbox.join(',') });
  return features.find(({ properties }) => properties.number === number)?.properties.courier_id ?? null;
}
