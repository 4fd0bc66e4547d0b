/** The map: MapLibre draws streets, deck.gl the dots above them, on a canvas of their own. */

import { NavigationControl } from 'maplibre-gl';
import { MapLibreOverlay } from '@deck.gl/maplibre';

import { authorization } from '../api.js';
import { Dots } from '../live/dots.js';
import { baseMap, whenReady } from './base_map.js';
import { DotLayer } from './dot_layer.js';
import { dotPalette } from './palette.js';
import { paint, style } from './style.js';

/** How near, in pixels, a click must come to a dot. */
const REACH_PX = 14;
/** Beyond this many device pixels for a CSS pixel nobody sees a difference, but the GPU does. */
const PIXEL_RATIO_MAX = 2;

/** A picture that takes longer than this is slow, and rests are no longer than that, in seconds. */
const SLOW_S = 0.04;
const REST_S_MAX = 0.5;

export class LiveMap {
  dots = new Dots();
  #selected = -1;
  #isDark;
  #pixelRatio = Math.min(devicePixelRatio, PIXEL_RATIO_MAX);

  /**
   * @param {HTMLElement} container
   * @param {{isDark: boolean, bounds: number[], onMove: () => void, onPick: (slot: number) => void}} options
   */
  constructor(container, { isDark, bounds, onMove, onPick }) {
    this.#isDark = isDark;
    this.map = baseMap(container, {
      style: style(isDark),
      bounds,
      fitBoundsOptions: { padding: paddingOf(container) },
      transformRequest: (url) => ({ url, headers: url.startsWith(location.origin) ? authorization() : {} }),
    });
    this.map.addControl(new NavigationControl({ showCompass: false }), 'bottom-right');
    this.overlay = new MapLibreOverlay({
      interleaved: false,
      useDevicePixels: this.#pixelRatio,
      // The dots smooth their own edges.
      deviceProps: { type: 'webgl', webgl: { antialias: false } },
      layers: [],
    });
    this.map.addControl(this.overlay);
    this.map.on('moveend', onMove);
    this.map.on('click', ({ lngLat }) => onPick(this.#pick(lngLat)));
    this.#draw();
    this.#breathe();
  }

  /** Seconds of the page's clock, by which dots glide and fade. */
  now() {
    return performance.now() / 1000;
  }

  /** West, south, east, north of what is seen. */
  view() {
    const bounds = this.map.getBounds();
    return [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
  }

  /** Takes a frame of couriers, those within `box`. */
  take(frame, box) {
    if (frame.clusters) this.dots.clear();
    else this.dots.take(frame, { now: this.now(), box });
    if (frame.clusters || frame.isReset) this.#show('clusters', clusterFeatures(frame.clusters));
  }

  /** Marks the courier of that number; -1 marks none. */
  select(number) {
    this.#selected = number;
    this.#draw();
  }

  /** Draws a courier's track: GeoJSON, its line and its flagged points. */
  showTrack(collection) {
    const features = collection?.features ?? [];
    this.#show('track', features.filter(({ geometry }) => geometry?.type === 'LineString'));
    this.#show('oddities', features.filter(({ geometry }) => geometry?.type === 'Point'));
  }

  /** Draws the streets of a market. */
  showStreets(market) {
    const address = new URL('/v1/map/streets', location.origin);
    address.searchParams.set('market', market);
    whenReady(this.map, () => this.map.getSource('streets').setData(address.href));
  }

  /** Goes where a market is. */
  showBounds(bounds) {
    this.map.fitBounds(bounds, { padding: paddingOf(this.map.getContainer()), duration: 600 });
  }

  /** Goes where the couriers are, for want of streets; false where there is none. */
  showAll() {
    const bounds = this.dots.bounds();
    if (bounds) this.map.fitBounds(bounds, { padding: paddingOf(this.map.getContainer()), maxZoom: 14, duration: 0 });
    return bounds !== null;
  }

  /** Goes to a place, near enough to tell couriers apart. */
  showPlace(lngLat) {
    const zoom = Math.max(this.map.getZoom(), 15);
    this.map.easeTo({ center: lngLat, zoom, duration: 600 });
  }

  theme(isDark) {
    this.#isDark = isDark;
    whenReady(this.map, () => paint(this.map, style(isDark)));
    this.#draw();
  }

  close() {
    cancelAnimationFrame(this.#picture);
    this.map.remove();
  }

  #picture = 0;
  #drawn = { revision: -1, at: 0 };
  #restUntil = 0;

  /** Has the dots drawn while something glides, and once a second so that they fade. */
  #breathe = () => {
    this.#picture = requestAnimationFrame(this.#breathe);
    const now = this.now();
    const { revision, at } = this.#drawn;
    // The picture after a drawn one comes late where drawing is slow: then half of the time is left
    // to whoever wants to move the map.
    if (this.#justDrawn && now - at > SLOW_S) this.#restUntil = now + Math.min(now - at, REST_S_MAX);
    this.#justDrawn = false;
    const isNew = this.dots.revision !== revision;
    if (now < this.#restUntil || !(isNew || now < this.dots.restless || now - at > 1)) return;
    this.#layer.setNeedsRedraw();
    this.#drawn = { revision: this.dots.revision, at: now };
    this.#justDrawn = true;
  };

  #justDrawn = false;

  #layer = null;

  #draw() {
    this.#layer = new DotLayer({
      id: 'dots',
      data: [],
      dots: this.dots,
      palette: dotPalette(this.#isDark),
      clock: this.now,
      selected: this.#selected,
      pixelRatio: this.#pixelRatio,
    });
    this.overlay.setProps({ layers: [this.#layer] });
  }

  #pick({ lng, lat }) {
    const { x, y } = this.map.project([lng, lat]);
    const reach = Math.abs(this.map.unproject([x + REACH_PX, y]).lng - lng);
    return this.dots.nearest({ lng, lat }, reach, this.now());
  }

  #show(source, features) {
    whenReady(this.map, () => this.map.getSource(source).setData({ type: 'FeatureCollection', features }));
  }
}

/** Room for what lies over the map: a panel at the left, on phones at the top. */
function paddingOf({ clientWidth }) {
  const [top, left] = clientWidth > 600 ? [24, 320] : [170, 12];
  return { top, left, right: clientWidth > 600 ? 24 : 12, bottom: 24 };
}

function clusterFeatures(clusters) {
  const features = [];
  const compact = new Intl.NumberFormat('en', { notation: 'compact' });
  for (let index = 0; index < (clusters?.count ?? 0); index += 1) {
    const count = clusters.size(index);
    const coordinates = [clusters.lngE7(index) / 1e7, clusters.latE7(index) / 1e7];
    const properties = { count, label: compact.format(count) };
    features.push({ type: 'Feature', geometry: { type: 'Point', coordinates }, properties });
  }
  return features;
}
