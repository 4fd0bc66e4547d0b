/** The map of one delivery: streets, where it comes from, where it goes, and who carries it. */

import { LngLatBounds, Marker } from 'maplibre-gl';

import { baseMap, whenReady } from '../map/base_map.js';
import { base, paint } from '../map/style.js';
import { HOME, SHOP, vehiclePath } from '../ui/vehicles.js';
import { Glide } from './glide.js';
import { isPlaced } from './story.js';

const NEAREST_ZOOM = 16.5;
/** A picture that is drawn more often than this is no smoother, but warmer to hold. */
const PICTURE_MS = 30;
/** How near to the edge the courier may come before the map follows: pixels. */
const EDGE_PX = 36;
const AROUND_PX = { top: 64, right: 52, bottom: 44, left: 52 };
const SVG = 'http://www.w3.org/2000/svg';

export class TrackMap {
  #markers = {};
  #glide;
  #isStill;
  #picture = 0;
  #drawnAt = 0;
  #isMoved = false;
  #framed = '';
  #vehicle = null;

  /**
   * @param {HTMLElement} container
   * @param {{isDark: boolean, isStill: boolean, streets: string, onMoved: (isMoved: boolean) => void}} options
   *   `streets` is the path of their GeoJSON, `onMoved` tells whether the person has moved the map
   */
  constructor(container, { isDark, isStill, streets, onMoved }) {
    this.#isStill = isStill;
    this.#glide = new Glide(isStill);
    this.onMoved = onMoved;
    this.map = baseMap(container, { style: base(isDark), interactive: true, cooperativeGestures: false });
    this.map.on('dragstart', () => this.#moved(true));
    this.map.on('zoomstart', ({ originalEvent }) => originalEvent && this.#moved(true));
    this.#pave(streets);
  }

  /** Shows what has been told. */
  show(tracking) {
    this.tracking = tracking;
    this.#place('origin', tracking.origin, SHOP, 'Pickup');
    this.#place('destination', tracking.destination, HOME, 'Your door');
    const { courier_location: location, courier } = tracking;
    if (isPlaced(location)) this.#glide.take(location, performance.now());
    else this.#glide.clear();
    this.#placeCourier(courier);
    this.#frame();
  }

  /** Says that the courier's position is old, or not. */
  fade(isOld) {
    this.#markers.courier?.getElement().classList.toggle('old', isOld);
  }

  theme(isDark) {
    whenReady(this.map, () => paint(this.map, base(isDark)));
  }

  /** Shows everything again, after the person has moved the map. */
  recentre() {
    this.#moved(false);
    this.#framed = '';
    this.#frame();
  }

  close() {
    cancelAnimationFrame(this.#picture);
    this.map.remove();
  }

  async #pave(address) {
    const answer = await fetch(address).catch(() => null);
    // Without streets the ground is plain, and the rest is as it was.
    if (!answer?.ok) return;
    const streets = await answer.json().catch(() => null);
    if (streets) whenReady(this.map, () => this.map.getSource('streets').setData(streets));
  }

  #moved(isMoved) {
    if (isMoved === this.#isMoved) return;
    this.#isMoved = isMoved;
    this.onMoved(isMoved);
  }

  #place(name, place, drawing, label) {
    if (!isPlaced(place)) return;
    this.#markers[name] ??= new Marker({ element: pin(name, drawing, label), anchor: 'bottom' })
      .setLngLat(place)
      .addTo(this.map);
    this.#markers[name].setLngLat(place);
  }

  #placeCourier(courier) {
    const place = this.#glide.at(performance.now());
    const vehicle = courier?.vehicle ?? null;
    if (!place || vehicle !== this.#vehicle) {
      this.#markers.courier?.remove();
      delete this.#markers.courier;
    }
    if (!place) return;
    this.#vehicle = vehicle;
    const label = courier?.name ?? 'Courier';
    this.#markers.courier ??= new Marker({
      element: pin('courier', vehiclePath(vehicle), label),
      subpixelPositioning: true,
    }).setLngLat(place).addTo(this.map);
    cancelAnimationFrame(this.#picture);
    this.#breathe();
  }

  /** Moves the courier, as long as there is a way to go. */
  #breathe = () => {
    const now = performance.now();
    const place = this.#glide.at(now);
    if (!place || !this.#markers.courier) return;
    const isMoving = this.#glide.isMoving(now);
    if (!isMoving || now - this.#drawnAt > PICTURE_MS) {
      this.#drawnAt = now;
      this.#markers.courier.setLngLat(place);
      if (!this.#isMoved && this.#isAtEdge(place)) this.#fit();
    }
    if (isMoving) this.#picture = requestAnimationFrame(this.#breathe);
  };

  #isAtEdge(place) {
    const { x, y } = this.map.project(place);
    const { clientWidth, clientHeight } = this.map.getContainer();
    return x < EDGE_PX || y < EDGE_PX || x > clientWidth - EDGE_PX || y > clientHeight - EDGE_PX;
  }

  /** Frames anew where other things are of interest than before: on each step, not on each metre. */
  #frame() {
    const { status } = this.tracking;
    const framed = `${status} ${this.#glide.isPlaced}`;
    if (framed === this.#framed || this.#isMoved) return;
    const isFirst = this.#framed === '';
    this.#framed = framed;
    this.#fit(isFirst);
  }

  #fit(isFirst = false) {
    const bounds = new LngLatBounds();
    for (const place of this.#ofInterest()) bounds.extend(place);
    if (bounds.isEmpty()) return;
    const duration = isFirst || this.#isStill ? 0 : 800;
    this.map.fitBounds(bounds, { padding: AROUND_PX, maxZoom: NEAREST_ZOOM, duration });
  }

  /** Once the package is on its way, where it came from matters no more. */
  #ofInterest() {
    const { status, origin, destination } = this.tracking;
    const courier = this.#glide.at(performance.now());
    const isUnderWay = courier && ['picked_up', 'at_dropoff'].includes(status);
    return [isUnderWay ? null : origin, destination, courier].filter(isPlaced).map(({ lng, lat }) => [lng, lat]);
  }
}

function pin(name, drawing, label) {
  const element = document.createElement('div');
  element.className = `pin ${name}`;
  element.setAttribute('role', 'img');
  element.setAttribute('aria-label', label);
  const svg = element.appendChild(document.createElementNS(SVG, 'svg'));
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.appendChild(document.createElementNS(SVG, 'path')).setAttribute('d', drawing);
  return element;
}
