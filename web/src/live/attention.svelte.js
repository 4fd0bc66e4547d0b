/** Deliveries that a person should look at: nobody takes them, or whoever has them is not heard of. */

import { deliveryPath, get } from '../api.js';

const LOOK_AGAIN_MS = 5000;
const SHOWN_MAX = 20;

export class Attention {
  /** The newest first, at most {@link SHOWN_MAX}. */
  lines = $state.raw([]);
  /** Whether there are more than are shown. */
  hasMore = $state(false);
  /** The one that is looked at, by its id; null where none is. */
  shown = $state(null);

  #map;
  #marketNow;
  #market = null;
  #timer = 0;
  #isOver = false;

  /** @param {import('../map/live_map.js').LiveMap} map @param {() => string | null} marketNow */
  constructor(map, marketNow) {
    this.#map = map;
    this.#marketNow = marketNow;
    this.#look();
  }

  close() {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  /** Goes where a delivery is to be picked up. */
  async show({ delivery_id: id }) {
    this.shown = id;
    const delivery = await get(deliveryPath(id)).catch(() => null);
    if (!delivery || this.shown !== id) return;
    const { lng, lat, address } = delivery.origin;
    this.#map.mark([lng, lat], `Pickup of ${id}${address ? `, ${address}` : ''}`);
    this.#map.showPlace([lng, lat]);
  }

  /** Looks at none. */
  clear() {
    this.shown = null;
    this.#map.mark(null);
  }

  /** Another market may be looked at since; what cannot be learned now is learned in a moment. */
  async #look() {
    const market = this.#marketNow();
    const asked = { market, needs_attention: true, limit: SHOWN_MAX };
    const page = await get('/v1/deliveries', asked).catch(() => null);
    if (this.#isOver) return;
    if (page) [this.lines, this.hasMore] = [page.data, page.has_more];
    else if (market !== this.#market) [this.lines, this.hasMore] = [[], false];
    this.#market = market;
    if (this.shown && !this.lines.some(({ delivery_id }) => delivery_id === this.shown)) this.clear();
    this.#timer = setTimeout(() => this.#look(), LOOK_AGAIN_MS);
  }
}
