/**
 * Web Mercator as whole numbers: the world is 2^32 wide, a step is 9 mm at the equator.
 * Differences of two places are then exact in 32 bits, in JavaScript and on the GPU alike.
 */

const WORLD = 2 ** 32;
const LAT_MAX = 85.05112877980659; // where Web Mercator is a square

/** Degrees east to the world's x. */
export function xOf(lng) {
  return ((lng / 360 + 0.5) * WORLD) >>> 0;
}

/** Degrees north to the world's y, which grows to the south. */
export function yOf(lat) {
  const sine = Math.sin((Math.min(Math.max(lat, -LAT_MAX), LAT_MAX) * Math.PI) / 180);
  const y = 0.5 - Math.atanh(sine) / (2 * Math.PI);
  return Math.min(Math.max(y * WORLD, 0), WORLD - 1) >>> 0;
}

/** The world's x to degrees east. */
export function lngOf(x) {
  return (x / WORLD - 0.5) * 360;
}

/** The world's y to degrees north. */
export function latOf(y) {
  return (Math.atan(Math.sinh((0.5 - y / WORLD) * 2 * Math.PI)) * 180) / Math.PI;
}
