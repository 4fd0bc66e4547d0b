/** Frames as the server writes them, for the made-up server and for tests of the page's reader. */

/** A frame of those of the city within the box: all, or those that have moved within a second. */
export function frame(city, [west, south, east, north], isReset) {
  const inside = [];
  const since = isReset ? 0 : Date.now() - 1000;
  for (let number = 0; number < city.count; number += 1) {
    if (city.movedAt[number] <= since) continue;
    const lat = city.lat[number];
    const lng = city.lng[number];
    if (lng >= west && lng <= east && lat >= south && lat <= north) inside.push(number);
  }
  const couriers = inside.map((number) => city.courier(number));
  return write({ isReset, version: city.version, serverTimeMs: Date.now(), couriers });
}

/** Writes a frame, version 1. Unknown headings are given as null. */
export function write({ isReset = false, version = 1, serverTimeMs = 0, couriers, clusters }) {
  const records = clusters ?? couriers;
  const size = clusters ? 16 : 20;
  const view = new DataView(new ArrayBuffer(28 + records.length * size));
  [...'DSPW'].forEach((letter, index) => view.setUint8(index, letter.charCodeAt(0)));
  view.setUint8(4, 1);
  view.setUint8(5, (isReset ? 1 : 0) | (clusters ? 2 : 0));
  view.setBigUint64(8, BigInt(version), true);
  view.setBigInt64(16, BigInt(serverTimeMs), true);
  view.setUint32(24, records.length, true);
  const put = clusters ? putCluster : putCourier;
  records.forEach((record, index) => put(view, 28 + index * size, record));
  return view.buffer;
}

function putCourier(view, at, { number, lat, lng, ageMs = 0, heading = null, state = 1, flags = 0 }) {
  view.setUint32(at, number, true);
  view.setInt32(at + 4, Math.round(lat * 1e7), true);
  view.setInt32(at + 8, Math.round(lng * 1e7), true);
  view.setUint32(at + 12, ageMs, true);
  view.setUint8(at + 16, heading ?? 255);
  view.setUint8(at + 17, state);
  view.setUint8(at + 18, flags);
}

function putCluster(view, at, { lat, lng, count }) {
  view.setInt32(at, Math.round(lat * 1e7), true);
  view.setInt32(at + 4, Math.round(lng * 1e7), true);
  view.setUint32(at + 8, count, true);
}
