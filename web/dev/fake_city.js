/** A made-up city: couriers on a grid of streets, every third of whom moves in each second. */

const BOUNDS = [-122.515, 37.708, -122.357, 37.812];
const BLOCK = 0.0018; // degrees between streets
const STEP = 0.00011; // degrees a second, some 12 m

export class FakeCity {
  version = 1;

  constructor(count) {
    this.count = count;
    this.lat = new Float64Array(count);
    this.lng = new Float64Array(count);
    this.movedAt = new Float64Array(count).fill(Date.now());
    this.heading = new Uint8Array(count);
    this.state = new Uint8Array(count);
    const chance = seeded(7);
    for (let number = 0; number < count; number += 1) this.#put(number, chance);
    this.chance = chance;
    setInterval(() => this.#move(), 1000).unref();
  }

  courier(number) {
    return {
      number,
      lat: this.lat[number],
      lng: this.lng[number],
      ageMs: Math.max(0, Date.now() - this.movedAt[number]),
      heading: this.state[number] === 0 ? null : this.heading[number],
      state: this.state[number],
    };
  }

  markets() {
    return { data: [{ market: 'sf', bounds: BOUNDS, streets: 1 }] };
  }

  position(number) {
    if (number >= this.count) return null;
    const { properties } = this.#feature(number);
    return { ...properties, lat: this.lat[number], lng: this.lng[number] };
  }

  within([west, south, east, north]) {
    const features = [];
    for (let number = 0; number < this.count && features.length < 500; number += 1) {
      const [lat, lng] = [this.lat[number], this.lng[number]];
      if (lng >= west && lng <= east && lat >= south && lat <= north) features.push(this.#feature(number));
    }
    return { type: 'FeatureCollection', features };
  }

  track(number) {
    if (number >= this.count) return null;
    const coordinates = [[this.lng[number], this.lat[number]]];
    const chance = seeded(number + 1);
    for (let step = 0; step < 200; step += 1) {
      const [lng, lat] = coordinates[0];
      const [east, north] = [chance() - 0.5, chance() - 0.5].map((part) => part * STEP * 20);
      coordinates.unshift(Math.abs(east) > Math.abs(north) ? [lng + east, lat] : [lng, lat + north]);
    }
    const line = { type: 'Feature', geometry: { type: 'LineString', coordinates }, properties: {} };
    return { type: 'FeatureCollection', features: [line] };
  }

  /** What a courier of that number carries. */
  work(number) {
    if (number >= this.count) return null;
    const [soon, later] = [9, 16].map((minutes) => new Date(Date.now() + minutes * 60_000).toISOString());
    const delivery = {
      delivery_id: `del_0000000000000000000000${number}`, status: 'picked_up', estimated_arrival: soon, arrival_p10: soon, arrival_p90: later,
    };
    return { deliveries: this.state[number] === 2 ? [delivery] : [] };
  }

  /** What needs attention: always the same two. */
  attention() {
    const since = new Date(Date.now() - 400_000).toISOString();
    const line = (delivery_id, status, needs_attention) => ({ delivery_id, market: 'sf', merchant_id: 'm8', status, since, courier_id: null, needs_attention });
    return { data: [line('del_waiting', 'requested', 'no_courier'), line('del_silent', 'picked_up', 'courier_silent')], has_more: false };
  }

  delivery() {
    return { origin: { address: '1200 Irving St', lat: (BOUNDS[1] + BOUNDS[3]) / 2, lng: (BOUNDS[0] + BOUNDS[2]) / 2 } };
  }

  streets() {
    const features = [];
    const [west, south, east, north] = BOUNDS;
    for (let index = 0, lng = west; lng < east; index += 1, lng += BLOCK) {
      features.push(street(index, [[lng, south], [lng, north]]));
    }
    for (let index = 0, lat = south; lat < north; index += 1, lat += BLOCK) {
      features.push(street(index, [[west, lat], [east, lat]]));
    }
    return { type: 'FeatureCollection', features };
  }

  #feature(number) {
    const { lat, lng, state, ageMs } = this.courier(number);
    const at = new Date(Date.now() - ageMs).toISOString();
    const properties = {
      courier_id: `cab-${number}`, number, market: 'sf', at,
      state: ['offline', 'idle', 'carrying'][state],
      speed_mps: 8.3, heading_deg: (this.heading[number] * 360) / 256, battery: 71,
    };
    return { type: 'Feature', geometry: { type: 'Point', coordinates: [lng, lat] }, properties };
  }

  #put(number, chance) {
    const [west, south, east, north] = BOUNDS;
    const isNorthbound = chance() < 0.5;
    const snapped = (from, to) => from + Math.floor((chance() * (to - from)) / BLOCK) * BLOCK;
    this.lng[number] = isNorthbound ? snapped(west, east) : west + chance() * (east - west);
    this.lat[number] = isNorthbound ? south + chance() * (north - south) : snapped(south, north);
    this.heading[number] = (isNorthbound ? 0 : 64) + (chance() < 0.5 ? 128 : 0);
    this.state[number] = chance() < 0.12 ? 0 : chance() < 0.45 ? 2 : 1;
    if (this.state[number] === 0) this.movedAt[number] -= chance() * 600_000;
  }

  #move() {
    this.version += 1;
    const [west, south, east, north] = BOUNDS;
    for (let number = this.version % 3; number < this.count; number += 3) {
      if (this.state[number] === 0) continue;
      const angle = (this.heading[number] / 256) * 2 * Math.PI;
      this.lng[number] += 3 * STEP * Math.round(Math.sin(angle));
      this.lat[number] += 3 * STEP * Math.round(Math.cos(angle));
      const isOutside = this.lng[number] < west || this.lng[number] > east || this.lat[number] < south || this.lat[number] > north;
      if (isOutside) this.heading[number] = (this.heading[number] + 128) % 256;
      this.movedAt[number] = Date.now();
    }
  }
}

function street(index, coordinates) {
  const properties = { class: index % 8 === 0 ? 'primary' : 'residential', name: `${index + 1}TH ST` };
  return { type: 'Feature', geometry: { type: 'LineString', coordinates }, properties };
}

/** A small generator of chance with a seed: mulberry32. */
function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
