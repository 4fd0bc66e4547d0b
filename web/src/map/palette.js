/** The colours of the map, light and dark. Told apart by the colour-blind too: blue, orange, grey. */

const light = {
  ground: '#f3f1ec',
  street: '#ffffff',
  streetFar: '#d9d3c6',
  casing: '#dedad0',
  major: '#fdf6e3',
  majorFar: '#cdbf98',
  majorCasing: '#d9ccae',
  label: '#6b6659',
  halo: '#f7f5f0',
  track: '#7a3ff2',
  cluster: '#0b78b8',
  clusterText: '#ffffff',
  dots: { offline: '#8b8f96', idle: '#0b78b8', carrying: '#d9630b', rim: '#ffffff', faintest: 0.3 },
};

const dark = {
  ground: '#0e1318',
  street: '#242d36',
  streetFar: '#222b34',
  casing: '#0e1318',
  major: '#36424e',
  majorFar: '#3b4855',
  majorCasing: '#0e1318',
  label: '#8696a4',
  halo: '#0e1318',
  track: '#b79bff',
  cluster: '#2f9fdc',
  clusterText: '#06131c',
  dots: { offline: '#6d7883', idle: '#45bdf5', carrying: '#ffa630', rim: '#0a0e12', faintest: 0.28 },
};

/** The colours for a theme. */
export function palette(isDark) {
  return isDark ? dark : light;
}

/** The colours of the dots as the GPU takes them. */
export function dotPalette(isDark) {
  const { faintest, ...colors } = palette(isDark).dots;
  const taken = Object.entries(colors).map(([name, hex]) => [name, channels(hex)]);
  return { ...Object.fromEntries(taken), faintest };
}

function channels(hex) {
  const number = parseInt(hex.slice(1), 16);
  return [number >> 16, (number >> 8) & 0xff, number & 0xff, 255].map((channel) => channel / 255);
}
