/** Who dispatch is about: couriers and those who ask for deliveries, as their own programs would speak. */

/** Two corners of San Francisco, 1.3 km apart, on the made-up streets as on the real ones. */
export const SHOP = { lat: 37.7514, lng: -122.4318, address: '24th St & Noe St' };
export const DOOR = { lat: 37.7625, lng: -122.4351, address: 'Market St & Castro St' };

/** A place on the way from one to the other: 0 is here, 1 is there. */
export function between(here, there, part) {
  const at = (name) => here[name] + (there[name] - here[name]) * part;
  return { lat: at('lat'), lng: at('lng') };
}

/** Asks for a delivery, and answers `{delivery_id, tracking_url}`. */
export function asks(server, fields = {}) {
  return server.post('/v1/deliveries', {
    market: 'sf', merchant_id: 'm8', origin_address: SHOP, destination_address: DOOR, package_size: 'medium',
    phone: '+14155550123', weight_grams: 1800, order_minor: 2599, tip_minor: 400, instructions: 'second door, ring twice', ...fields,
  });
}

/** A delivery as the operator sees it. */
export function shows(server, deliveryId) {
  return server.asks('GET', `/v1/deliveries/${deliveryId}`);
}

export class Courier {
  /** Registers somebody, and gives them a key. */
  static async isHired(server, id, { name = null, vehicle = 'bicycle', capacity = 1 } = {}) {
    const courier = Object.assign(new Courier(), { server, id, name: name ?? id });
    await server.post('/v1/couriers', { courier_id: id, market: 'sf', name: courier.name, vehicle, capacity });
    courier.key = (await server.post('/v1/keys', { role: 'courier', courier_id: id })).secret;
    return courier;
  }

  /** Goes online or offline. */
  goes(where) {
    const body = JSON.stringify({ online: where === 'online' });
    return this.server.asks('PUT', `/v1/couriers/${this.id}/availability`, { key: this.key, body });
  }

  /** Reports a position, of now or of some time ago. */
  isAt({ lat, lng }, ageMs = 0) {
    const at = new Date(Date.now() - ageMs).toISOString();
    const body = JSON.stringify([{ courier_id: this.id, lat, lng, at }]);
    return this.server.asks('POST', '/v1/pings', { key: this.key, body });
  }

  accepts(deliveryId) {
    return this.#does(deliveryId, 'accept', {});
  }

  /** Says how a delivery stands. */
  says(deliveryId, status) {
    return this.#does(deliveryId, 'status', { status });
  }

  work() {
    return this.server.asks('GET', `/v1/couriers/${this.id}/work`, { key: this.key });
  }

  #does(deliveryId, what, body) {
    return this.server.asks('POST', `/v1/deliveries/${deliveryId}/${what}`, { key: this.key, body: JSON.stringify(body) });
  }
}

/** Waits until something is so, and answers what it has become. */
export async function until(ask, what, ms = 20_000) {
  for (const deadline = Date.now() + ms; ; ) {
    const found = await ask();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`${what} has not come to be within ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
