/**
 * A made-up shop: three stores, some sixty things, and stock that is really taken. Any key opens it.
 * An address with `far` in it is out of reach, one with `night` finds everybody closed, one with `vague`
 * is found but not surely. Of what is called `Last …` somebody else takes a unit as soon as it is ordered.
 */

const CENTERS = [
  { center_id: 'c1', name: 'Irving St', merchant_id: 'm8', lat: 37.7638, lng: -122.4711, distance_m: 1240, eta_seconds: 1260 },
  { center_id: 'c2', name: 'Judah St', merchant_id: 'm8', lat: 37.7611, lng: -122.4833, distance_m: 2310, eta_seconds: 1620 },
  { center_id: 'c3', name: 'Taraval St', merchant_id: 'm8', lat: 37.7429, lng: -122.4762, distance_m: 4180, eta_seconds: 2280, closed: true },
];

const KINDS = {
  'DAIRY/MILK': ['Whole milk, 1 gal', 'Oat milk, 1 l, Private', 'Buttermilk, 32 oz', 'Last chocolate milk, 12 oz'],
  'DAIRY/CHEESE': ['Cheddar sharp, 8 oz', 'Cream cheese, 8 oz', 'Mozzarella, 16 oz'],
  'GROCERY/BREAD': ['Sourdough loaf, 24 oz', 'Wheat bread, 20 oz, National', 'Bagels, 6 ct'],
  'GROCERY/SOFT DRINKS': ['Sparkling water, 12 pk', 'Ginger ale, 2 l', 'Cola, 12 pk, National'],
  'PRODUCE/APPLES': ['Apples gala, 3 lb', 'Apples granny smith, 3 lb'],
  'PRODUCE/BERRIES': ['Strawberries, 16 oz', 'Blueberries, 6 oz', 'Last raspberries, 6 oz'],
  'MEAT/CHICKEN': ['Chicken breast boneless, 1.2 lb'],
  'SEAFOOD-PCKGD/SHRIMP': ['Shrimp cooked, 12 oz'],
  'DRUG GM/PAPER TOWELS': ['Paper towels, 6 rolls, Private'],
  'NUTRITION/CEREAL BARS': ['Oat bars with honey and roasted almonds, 12 ct, National'],
};

const ITEMS = Object.entries(KINDS).flatMap(([category, names], kind) =>
  names.map((name, index) => ({ item_id: `i${kind}-${index}`, name, category, price_minor: 199 + ((kind * 137 + index * 89) % 900) })),
);

const isLast = ({ name }) => name.startsWith('Last');
const stock = new Map(ITEMS.map((item, at) => [item.item_id, isLast(item) ? [2, 0] : [at % 7 === 3 ? 3 : 9 + at, at % 5 === 2 ? 0 : 4]]));
const orders = new Map();
const answered = new Map();
const iso = (ms) => new Date(ms).toISOString();
const sum = (quantities) => quantities.reduce((a, b) => a + b, 0);

/** Answers what is asked of the shop: a body with its status; undefined where it is something else. */
export function answerShop(method, url, body, key) {
  const told = Object.fromEntries(url.searchParams);
  const [, link] = url.pathname.match(/^\/shop\/orders\/([^/]+)$/) ?? [];
  if (link) return orders.has(link) ? ok(stands(orders.get(link))) : refused(404, 'not_found', 'there is no such order');
  const route = `${method} ${url.pathname}`;
  return {
    'GET /shop': () => ok({ markets: [{ market: 'sf', currency: 'USD', time_zone: 'America/Los_Angeles' }] }),
    'GET /geocode': () => geocoded(told.address),
    'GET /centers/nearby': () => ok({ data: near(Number(told.lat)) }),
    'GET /items/categories': () => ok({ data: Object.entries(KINDS).map(([category, names]) => ({ category, items: names.length })) }),
    'GET /items': () => page(ITEMS.filter(({ name }) => found(name, told.query)), told),
    'GET /availability': () => available(told),
    'POST /orders': () => once(key, () => ordered(body)),
  }[route]?.();
}

const ok = (body, status = 200) => ({ status, body });
const refused = (status, code, detail, more = {}) => ({ status, body: { status, code, title: detail, detail, ...more } });

function geocoded(address) {
  const lat = address.includes('far') ? 38.5 : address.includes('night') ? 37.9 : 37.7701;
  if (address.includes('nowhere')) return refused(404, 'not_found', 'no such address');
  return ok({ lat, lng: -122.4702, street: 'Irving St', number: '1200', zip: '94122', confidence: address.includes('vague') ? 0.4 : 1 });
}

function near(lat) {
  if (lat > 38) return [];
  const opens_at = iso(Date.now() + 9 * 3_600_000);
  const isNight = lat > 37.8;
  return CENTERS.map(({ closed, ...center }) => ({ ...center, open: !closed && !isNight, opens_at: closed || isNight ? opens_at : null }));
}

function found(name, query) {
  const words = name.toLowerCase().split(/\W+/);
  return query.toLowerCase().split(/\W+/).filter(Boolean).every((part) => words.some((word) => word.startsWith(part)));
}

function page(rows, { limit = 24, cursor = 0 }, more = {}) {
  const to = Number(cursor) + Number(limit);
  const has_more = to < rows.length;
  return ok({ ...more, data: rows.slice(Number(cursor), to), next_cursor: has_more ? String(to) : null, has_more });
}

function available({ lat, items, category, ...asked }) {
  const isHere = Number(lat) < 37.8;
  const ids = items?.split(',');
  const rows = ITEMS.filter((item) => (ids ? ids.includes(item.item_id) : `${item.category}/`.startsWith(`${category}/`))).map(({ item_id, name, price_minor }) => {
    const there = isHere ? stock.get(item_id) : [0, 0];
    const at = there.findIndex((quantity) => quantity > 0);
    const best = at < 0 ? null : { center_id: CENTERS[at].center_id, available: there[at], eta_seconds: CENTERS[at].eta_seconds };
    return { item_id, name, price_minor, available: sum(there), best };
  });
  return page(ids ? rows : rows.filter((row) => row.available > 0), asked, { market: 'sf', currency: 'USD', as_of: iso(Date.now()), age_ms: 3 });
}

/** A repeated key is answered as the first time. */
function once(key, act) {
  if (!answered.has(key)) answered.set(key, act());
  return answered.get(key);
}

function ordered({ lines, on_shortage, destination_address, tip_minor = 0 }) {
  for (const { item_id } of lines) {
    const item = ITEMS.find((one) => one.item_id === item_id);
    if (isLast(item) && sum(stock.get(item_id)) === 2) stock.set(item_id, [1, 0]);
  }
  const left = lines.map(({ item_id, quantity }) => ({ item_id, wanted: quantity, available: sum(stock.get(item_id)) }));
  const isWhole = (at) => lines.every(({ item_id, quantity }) => stock.get(item_id)[at] >= quantity);
  const whole = [0, 1].find(isWhole);
  const isShort = left.some(({ wanted, available: there }) => there < wanted);
  if (on_shortage !== 'partial' && (isShort || (on_shortage === 'refuse' && whole === undefined))) {
    return refused(409, 'shortage', 'there is less than was asked for', { lines: left });
  }
  const from = whole !== undefined ? [whole] : on_shortage === 'partial' ? [0] : [0, 1];
  const parts = from.map((at) => taken(at, lines)).filter((part) => part.lines.length > 0);
  const got = (id) => sum(parts.flatMap((part) => part.lines).filter(({ item_id }) => item_id === id).map(({ quantity }) => quantity));
  const missing = lines.map(({ item_id, quantity }) => ({ item_id, quantity: quantity - got(item_id) })).filter(({ quantity }) => quantity > 0);
  const order_id = `ord_${orders.size + 1}`;
  const order = {
    order_id, status: 'placed', market: 'sf', currency: 'USD', token: 'any', order_url: `/shop/order/${order_id}.any`, tip_minor,
    total_minor: sum(parts.map(({ goods_minor }) => goods_minor)), parts, missing, destination: destination_address, ordered_at: iso(Date.now()),
    item_names: Object.fromEntries(ITEMS.map(({ item_id, name }) => [item_id, name])),
    center_names: Object.fromEntries(CENTERS.map(({ center_id, name }) => [center_id, name])),
  };
  orders.set(`${order_id}.any`, order);
  return ok(order, 201);
}

function taken(at, lines) {
  const { center_id } = CENTERS[at];
  const of = lines.map(({ item_id, quantity }) => {
    const there = stock.get(item_id);
    const units = Math.min(quantity - (lines.taken?.[item_id] ?? 0), there[at]);
    lines.taken = { ...lines.taken, [item_id]: (lines.taken?.[item_id] ?? 0) + units };
    there[at] -= units;
    const { price_minor } = ITEMS.find((item) => item.item_id === item_id);
    return { item_id, quantity: units, price_minor };
  }).filter(({ quantity }) => quantity > 0);
  const goods_minor = sum(of.map(({ quantity, price_minor }) => quantity * price_minor));
  return { center_id, delivery_id: `del_${orders.size + 1}-${at + 1}`, tracking_url: '/track/moving.any', goods_minor, lines: of };
}

const GOES = ['requested', 'assigned', 'at_pickup', 'picked_up', 'at_dropoff', 'delivered'];
const STEP_MS = 8000;

/** An order moves on by itself, a step every eight seconds; its parts one after the other. */
function stands(order) {
  const gone = Math.floor((Date.now() - Date.parse(order.ordered_at)) / STEP_MS);
  const parts = order.parts.map((part, index) => {
    const status = GOES[Math.min(GOES.length - 1, Math.max(0, gone - index * 2))];
    return { ...part, status, estimated_arrival: iso(Date.parse(order.ordered_at) + (21 + index * 6) * 60_000) };
  });
  const arrivals = Object.fromEntries(parts.map(({ delivery_id, estimated_arrival }) => [delivery_id, estimated_arrival]));
  const has = (...statuses) => parts.every(({ status }) => statuses.includes(status));
  const status = has('delivered') ? 'delivered' : has('requested', 'assigned', 'at_pickup') ? 'placed' : 'under_way';
  return { ...order, status, parts, arrivals, server_time: iso(Date.now()) };
}
