/** The courier that somebody has clicked on or searched for: who it is, how it is, where it was. */

import { courierPath, get, Problem } from '../api.js';

const LOOK_AGAIN_MS = 2000;
const TRACK_AGAIN_MS = 15_000;
const AROUND = 0.00005; // degrees, some 5 m
const HOUR_MS = 3_600_000;

export class Chosen {
  /** Its id, or null where nobody is chosen. */
  id = $state(null);
  /** Its GeoJSON properties, or null until they are known. */
  facts = $state.raw(null);
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
    const feature = await this.#attempt(turn, () => this.#whoIsAt(dots.reportedAt(slot), dots.numberAt(slot)));
    if (feature) await this.#settle(turn, feature);
    else if (turn === this.#turn) this.trouble ??= 'This courier has just moved on; try again.';
  }

  /** Chooses by id, and goes there. */
  async find(id) {
    const turn = this.#begin(id, -1);
    const feature = await this.#attempt(turn, () => get(courierPath(id, 'position')));
    if (!feature) return;
    const [lng, lat] = feature.geometry.coordinates;
    this.#map.showPlace([lng, lat]);
    await this.#settle(turn, feature);
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
    this.#follow(this.#turn);
  }

  #begin(id, number) {
    clearTimeout(this.#timer);
    this.#turn += 1;
    this.#trackedAt = 0;
    [this.id, this.facts, this.trouble] = [id, null, null];
    this.#mark(number);
    this.#map.showTrack(null);
    return this.#turn;
  }

  #mark(number) {
    this.#number = number;
    this.#map.select(number);
  }

  async #settle(turn, feature) {
    if (turn !== this.#turn) return;
    this.id = feature.properties.courier_id;
    this.#learn(feature);
    await this.#follow(turn);
  }

  #learn({ properties, geometry }) {
    this.facts = properties;
    if (this.#number >= 0) return;
    const [lng, lat] = geometry.coordinates;
    const slot = this.#map.dots.nearest({ lng, lat }, AROUND * 4, this.#map.now());
    this.#mark(properties.number ?? (slot < 0 ? -1 : this.#map.dots.numberAt(slot)));
  }

  /** Looks again and again, as long as this courier is the chosen one. */
  async #follow(turn) {
    clearTimeout(this.#timer);
    const feature = await this.#attempt(turn, () => get(courierPath(this.id, 'position')));
    if (feature) this.#learn(feature);
    if (turn === this.#turn && Date.now() - this.#trackedAt > TRACK_AGAIN_MS) await this.#track(turn);
    if (turn === this.#turn) this.#timer = setTimeout(() => this.#follow(turn), LOOK_AGAIN_MS);
  }

  async #track(turn) {
    this.#trackedAt = Date.now();
    const [from, to] = [Date.now() - this.hours * HOUR_MS, Date.now()].map((ms) => new Date(ms).toISOString());
    const track = await this.#attempt(turn, () => get(courierPath(this.id, 'track'), { from, to }));
    if (track) this.#map.showTrack(track);
  }

  /** The courier reported at a place: the one of that number, or else the nearest. */
  async #whoIsAt({ lng, lat }, number) {
    const bbox = [lng - AROUND, lat - AROUND, lng + AROUND, lat + AROUND].map((edge) => edge.toFixed(7));
    const { features } = await get('/v1/map', { bbox: bbox.join(',') });
    const away = ({ geometry }) => Math.hypot(geometry.coordinates[0] - lng, geometry.coordinates[1] - lat);
    const couriers = features.filter(({ properties }) => properties.courier_id);
    const same = couriers.find(({ properties }) => properties.number === number);
    return same ?? couriers.sort((a, b) => away(a) - away(b))[0] ?? null;
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
