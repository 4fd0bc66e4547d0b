/** MapLibre as every map here has it: north up, its worker from this server, where it is from said small. */

import { AttributionControl, Map as BaseMap, setWorkerUrl } from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url';
import 'maplibre-gl/dist/maplibre-gl.css';

/** A map in an element; the options are MapLibre's. */
export function baseMap(container, options) {
  setWorkerUrl(new URL(workerUrl, location.origin).href);
  const map = new BaseMap({
    container,
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    maxZoom: 19,
    ...options,
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new AttributionControl({ compact: true }), 'bottom-left');
  return map;
}

/** Does something with a map once its style is there. */
export function whenReady(map, act) {
  if (map.style?.loaded?.() || map.getSource('streets')) act();
  else map.once('style.load', act);
}
