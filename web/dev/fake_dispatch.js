/**
 * A made-up dispatch: `/track/{scene}.any` shows a delivery in each of its states (SCENES, and `play`
 * goes through all of them), `/courier` with the key `anna` or `ben` two couriers who are offered
 * the same deliveries. `expired` is a link that has expired, any other scene one that is wrong.
 */

const SHOP = { address: '1200 Irving St, 94122', lat: 37.7638, lng: -122.4701 };
const DOOR = { address: '2390 Cabrillo St, apartment 4', lat: 37.7745, lng: -122.4842 };
const MINUTE = 60_000;
const OFFER_MS = 20_000;
const PAUSE_MS = 4000;

/** The statuses of each scene, in their order; `where` is the part of the way, null for no position. */
const SCENES = {
  requested: { went: ['requested'] },
  assigned: { went: ['requested', 'assigned'], where: -0.4 },
  unplaced: { went: ['requested', 'assigned'], where: null },
  at_pickup: { went: ['requested', 'assigned', 'at_pickup'], where: 0 },
  moving: { went: ['requested', 'assigned', 'at_pickup', 'picked_up'], where: 0.3, isMoving: true },
  silent: { went: ['requested', 'assigned', 'picked_up'], where: 0.5, ageMs: 3 * MINUTE },
  late: { went: ['requested', 'assigned', 'picked_up'], where: 0.6, isLate: true },
  nearby: { went: ['requested', 'assigned', 'picked_up'], where: 0.92 },
  at_dropoff: { went: ['requested', 'assigned', 'picked_up', 'at_dropoff'], where: 1 },
  delivered: { went: ['requested', 'assigned', 'picked_up', 'at_dropoff', 'delivered'] },
  failed: { went: ['requested', 'assigned', 'picked_up', 'failed'] },
  returned: { went: ['requested', 'assigned', 'picked_up', 'failed', 'returned'] },
  cancelled: { went: ['requested', 'cancelled'] },
};

const NEXT = {
  assigned: ['at_pickup', 'picked_up', 'requested', 'failed'],
  at_pickup: ['picked_up', 'requested', 'failed'],
  picked_up: ['at_dropoff', 'delivered', 'failed'],
  at_dropoff: ['delivered', 'failed'],
  failed: ['returned'],
};

const iso = (ms) => new Date(ms).toISOString();

/** What `GET /v1/track/{link}` answers: a body, or the status of a refusal. */
export function tracked(link) {
  const name = link.split('.')[0];
  if (name === 'expired') return 410;
  const names = Object.keys(SCENES);
  const played = names[Math.floor(Date.now() / 8000) % names.length];
  const scene = SCENES[name === 'play' ? played : name];
  return scene ? told(scene) : 404;
}

function told({ went, where = null, ageMs = 2000, isMoving = false, isLate = false }) {
  const now = Date.now();
  const part = isMoving ? where + ((Math.floor(now / 5000) * 5000) / 400_000) % 0.5 : where;
  const at = (from, to) => from + (to - from) * part;
  const status = went.at(-1);
  const likely = isLate ? now - MINUTE : now + 12 * MINUTE;
  const hasEstimate = where !== null;
  return {
    status, merchant_id: 'm8', origin: SHOP, destination: DOOR,
    courier: ['assigned', 'at_pickup', 'picked_up', 'at_dropoff'].includes(status) ? { name: 'Anna', vehicle: 'bicycle' } : null,
    courier_location: part === null ? null : { lat: at(SHOP.lat, DOOR.lat), lng: at(SHOP.lng, DOOR.lng), updated_at: iso(now - ageMs) },
    estimated_pickup_time: null,
    estimated_arrival: hasEstimate ? iso(likely) : null,
    arrival_p10: hasEstimate ? iso(likely - 5 * MINUTE) : null,
    arrival_p90: hasEstimate ? iso(isLate ? likely + 20_000 : likely + 8 * MINUTE) : null,
    deliver_by: iso(now + 40 * MINUTE),
    timeline: went.map((name, index) => ({ status: name, at: iso(now - (went.length - index) * 4 * MINUTE) })),
    server_time: iso(now),
  };
}

/** Two couriers and what they are offered. */
export class FakeDispatch {
  #couriers = {};
  #offer = null;
  #number = 0;
  #freeAt = 0;

  me(courier) {
    return { name: courier[0].toUpperCase() + courier.slice(1), role: 'courier', courier_id: courier, merchant_id: null };
  }

  work(courier) {
    const own = this.#of(courier);
    this.#turn();
    const isAsked = this.#offer && own.online && !own.declined.has(this.#offer.delivery_id) && own.deliveries.length < 2;
    return {
      courier_id: courier, online: own.online, since: iso(Date.now()), capacity: 2, vehicle: 'bicycle', server_time: iso(Date.now()),
      offers: isAsked ? [this.#offer] : [],
      deliveries: own.deliveries.map((delivery) => ({ ...delivery, next: NEXT[delivery.status] ?? [] })),
    };
  }

  pay(courier) {
    const { delivered } = this.#of(courier);
    return [{
      courier_id: courier, market: 'sf', day: iso(Date.now()).slice(0, 10), currency: 'USD', total_minor: 3420 + 600 * delivered,
      pay_minor: 3420, adjustment_minor: 0, tip_minor: 400, worked_seconds: 7990, peak_seconds: 0, deliveries: 3 + delivered,
      provisional: true, adjustments: [],
    }];
  }

  /** Online, or not. */
  availability(courier, { online }) {
    this.#of(courier).online = online;
    return { courier_id: courier, online, since: iso(Date.now()) };
  }

  /** What a courier says of a delivery: a body, or the problem. */
  act(courier, deliveryId, verb, body) {
    const own = this.#of(courier);
    if (verb === 'status') return this.#step(own, deliveryId, body.status);
    if (verb === 'decline') {
      own.declined.add(deliveryId);
      return { declined: true };
    }
    if (own.deliveries.some(({ delivery_id }) => delivery_id === deliveryId)) return { accepted: true, assigned_at: iso(Date.now()) };
    if (this.#offer?.delivery_id !== deliveryId) return { status: 409, code: 'already_assigned', detail: 'another courier has it' };
    const { delivery_id, origin, destination, ready_at } = this.#offer;
    const parcel = { size: 'medium', weight_grams: 1800, instructions: 'second door, ring twice', phone: '+14155550123', reference: 'order-17' };
    own.deliveries.push({ delivery_id, status: 'assigned', origin, destination, package: parcel, ready_at, deliver_by: iso(Date.now() + 40 * MINUTE) });
    this.#withdraw();
    return { accepted: true, assigned_at: iso(Date.now()) };
  }

  #step(own, deliveryId, status) {
    const delivery = own.deliveries.find(({ delivery_id }) => delivery_id === deliveryId);
    if (!NEXT[delivery?.status]?.includes(status)) {
      return { status: 409, code: 'impossible_transition', detail: `${delivery?.status ?? 'gone'} cannot become ${status}` };
    }
    delivery.status = status;
    if (status === 'delivered') own.delivered += 1;
    if (!NEXT[status]) own.deliveries = own.deliveries.filter((carried) => carried !== delivery);
    return { success: true, status };
  }

  #of(courier) {
    return (this.#couriers[courier] ??= { online: false, declined: new Set(), deliveries: [], delivered: 0 });
  }

  /** One offer at a time, and a pause between two. */
  #turn() {
    const now = Date.now();
    if (this.#offer && now > Date.parse(this.#offer.expires_at)) this.#withdraw();
    const isWaitedFor = Object.values(this.#couriers).some(({ online }) => online);
    if (this.#offer || now < this.#freeAt || !isWaitedFor) return;
    this.#number += 1;
    this.#offer = {
      delivery_id: `del_${this.#number}`, offered_at: iso(now), expires_at: iso(now + OFFER_MS), distance_m: 840, pickup_seconds: 210,
      carry_m: 2900, origin: SHOP, destination: DOOR, package: { size: 'medium', weight_grams: 1800, instructions: 'second door, ring twice' },
      ready_at: iso(now + 8 * MINUTE), tip_minor: 400, currency: 'USD',
    };
  }

  #withdraw() {
    this.#offer = null;
    this.#freeAt = Date.now() + PAUSE_MS;
  }
}
