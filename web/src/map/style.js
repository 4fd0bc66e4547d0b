/** The base map: streets from our own server, drawn in our own colours; nothing from anywhere else. */

import { palette } from './palette.js';

const EMPTY = { type: 'FeatureCollection', features: [] };
const FONT = ['system-ui', 'sans-serif'];

/** Street classes by how far out they are still drawn. */
const FAST = ['motorway', 'trunk', 'motorway_link'];
const MAJOR = ['primary', 'secondary'];

const isOf = (classes) => ['in', ['get', 'class'], ['literal', classes]];
const isLocal = ['!', isOf([...FAST, ...MAJOR])];

/** Width in pixels by zoom, doubling as streets do. */
const width = (at10, at18) => ['interpolate', ['exponential', 1.6], ['zoom'], 10, at10, 18, at18];

/** From afar a street is a line of its own colour; near by it is a surface between its edges. */
const nearing = (far, near) => ['interpolate', ['linear'], ['zoom'], 12.5, far, 14, near];

/** The ground and the streets, which have no data yet. */
export function base(isDark) {
  const colors = palette(isDark);
  return {
    version: 8,
    sources: { streets: { type: 'geojson', data: EMPTY, tolerance: 0.5, buffer: 32 } },
    layers: [
      { id: 'ground', type: 'background', paint: { 'background-color': colors.ground } },
      ...streets(colors),
    ],
  };
}

/** The style of the live map; sources without data yet are empty. */
export function style(isDark) {
  const colors = palette(isDark);
  const { version, sources, layers } = base(isDark);
  return {
    version,
    sources: {
      ...sources,
      track: { type: 'geojson', data: EMPTY, lineMetrics: true },
      oddities: { type: 'geojson', data: EMPTY },
      clusters: { type: 'geojson', data: EMPTY },
    },
    layers: [...layers, ...track(colors), ...clusters(colors)],
  };
}

/** Gives a drawn map the colours of a style's layers. */
export function paint(map, { layers }) {
  for (const layer of layers) {
    for (const [name, value] of Object.entries(layer.paint)) map.setPaintProperty(layer.id, name, value);
  }
}

function streets(colors) {
  const line = (id, filter, color, lineWidth, minzoom = 0) => ({
    id,
    type: 'line',
    source: 'streets',
    filter,
    minzoom,
    layout: { 'line-cap': 'round', 'line-join': 'round' },
    paint: { 'line-color': color, 'line-width': lineWidth },
  });
  return [
    line('local-casing', isLocal, colors.casing, width(0.4, 22), 13),
    line('major-casing', isOf(MAJOR), colors.majorCasing, width(1.2, 28), 12),
    line('fast-casing', isOf(FAST), colors.majorCasing, width(1.8, 32), 10),
    line('local', isLocal, nearing(colors.streetFar, colors.street), width(0.35, 18), 10),
    line('major', isOf(MAJOR), nearing(colors.majorFar, colors.major), width(0.9, 24)),
    line('fast', isOf(FAST), nearing(colors.majorFar, colors.major), width(1.4, 28)),
    labels('major-names', isOf([...FAST, ...MAJOR]), colors, 13),
    labels('local-names', isLocal, colors, 15),
  ];
}

function labels(id, filter, colors, minzoom) {
  return {
    id,
    type: 'symbol',
    source: 'streets',
    filter,
    minzoom,
    layout: {
      'symbol-placement': 'line',
      'text-field': ['get', 'name'],
      'text-font': FONT,
      'text-size': ['interpolate', ['linear'], ['zoom'], 13, 10, 18, 14],
      'text-max-angle': 30,
      'text-padding': 12,
    },
    paint: { 'text-color': colors.label, 'text-halo-color': colors.halo, 'text-halo-width': 1.4 },
  };
}

function track(colors) {
  const fading = ['interpolate', ['linear'], ['line-progress'], 0, `${colors.track}22`, 1, colors.track];
  return [
    {
      id: 'track',
      type: 'line',
      source: 'track',
      layout: { 'line-cap': 'round', 'line-join': 'round' },
      paint: { 'line-gradient': fading, 'line-width': width(2.5, 6) },
    },
    {
      id: 'oddities',
      type: 'circle',
      source: 'oddities',
      paint: {
        'circle-radius': 4,
        'circle-color': 'transparent',
        'circle-stroke-color': colors.track,
        'circle-stroke-width': 1.5,
      },
    },
  ];
}

function clusters(colors) {
  const radius = ['interpolate', ['linear'], ['sqrt', ['get', 'count']], 1, 8, 100, 28, 300, 40];
  return [
    {
      id: 'clusters',
      type: 'circle',
      source: 'clusters',
      paint: { 'circle-radius': radius, 'circle-color': colors.cluster, 'circle-opacity': 0.85 },
    },
    {
      id: 'cluster-counts',
      type: 'symbol',
      source: 'clusters',
      layout: {
        'text-field': ['get', 'label'],
        'text-font': FONT,
        'text-size': 12,
        'text-allow-overlap': true,
      },
      paint: { 'text-color': colors.clusterText },
    },
  ];
}
