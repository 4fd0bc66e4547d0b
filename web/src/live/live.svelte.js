/** What the page shows, and how it gets it: markets, the watch, counts, the chosen courier. */

import { get, Problem } from '../api.js';
import { key } from '../session.js';
import { boxFor, serves } from './box.js';
import { Pulse } from './pulse.js';
import { Watch } from './watch.js';

const WORLD = [-170, -60, 170, 75];

export class Live {
  markets = $state.raw([]);
  market = $state(null);
  connection = $state.raw({ name: 'connecting' });
  /** Couriers in sight by state (offline, idle, carrying), and how many are only counted. */
  counts = $state.raw([0, 0, 0]);
  clustered = $state(0);
  rate = $state(0);
  lagMs = $state(null);

  #map = null;
  #watch = null;
  #pulse = new Pulse();
  #box = null;
  #timer = 0;
  /** Whether nobody knows yet where the market is: it has no streets. */
  #isLost = false;

  /** @param {() => void} onSignedOut called when the key opens nothing any more */
  constructor(onSignedOut) {
    this.onSignedOut = onSignedOut;
  }

  /** Learns the markets. Throws {@link Problem}. */
  async begin() {
    const { data } = await get('/v1/map/markets');
    this.markets = data;
    const wanted = new URLSearchParams(location.search).get('market');
    this.market = (data.find(({ market }) => market === wanted) ?? data[0])?.market ?? null;
  }

  /** Where the chosen market is. */
  get bounds() {
    const known = this.markets.find(({ market }) => market === this.market)?.bounds;
    this.#isLost = !known;
    return known ?? WORLD;
  }

  /** Begins to watch what a map shows. */
  attach(map) {
    this.#map = map;
    if (this.market) map.showStreets(this.market);
    this.#box = boxFor(map.view());
    this.#watch = new Watch({
      key: key(),
      view: this.#view(),
      onFrame: (frame) => this.#take(frame),
      onState: (state) => (this.connection = state),
      mayRetry: () => this.#keyOpens(),
    });
    this.#timer = setInterval(() => this.#count(), 1000);
  }

  /** Ends. */
  close() {
    clearInterval(this.#timer);
    this.#watch?.close();
  }

  /** The map has been moved: watch another box where this one does not serve. */
  moved() {
    if (!this.#watch) return;
    const view = this.#map.view();
    if (serves(this.#box, view)) return;
    this.#box = boxFor(view);
    this.#watch.look(this.#view());
  }

  /** Chooses a market, and goes there. */
  choose(market) {
    this.market = market;
    this.#map.showStreets(market);
    this.#map.showBounds(this.bounds);
    this.#watch.look(this.#view());
    history.replaceState(null, '', `?market=${encodeURIComponent(market)}`);
  }

  #view() {
    return { bbox: this.#box, market: this.market };
  }

  #take(frame) {
    this.#map.take(frame, this.#box);
    this.#pulse.note(frame, this.#map.now());
    if (frame.clusters || frame.isReset) this.clustered = sum(frame.clusters);
    if (frame.isReset) this.#count();
    if (this.#isLost && frame.isWhole && this.#map.showAll()) this.#isLost = false;
  }

  #count() {
    const now = this.#map.now();
    this.counts = Array.from(this.#map.dots.counts);
    this.rate = this.#pulse.rate(now);
    this.lagMs = this.#pulse.lagMs(now);
  }

  async #keyOpens() {
    try {
      await get('/v1/map/markets');
    } catch (problem) {
      if (!(problem instanceof Problem && problem.status === 401)) return true;
      this.onSignedOut();
      return false;
    }
    return true;
  }
}

function sum(clusters) {
  let couriers = 0;
  for (let index = 0; index < (clusters?.count ?? 0); index += 1) couriers += clusters.size(index);
  return couriers;
}
