/**
 * Dots as a deck.gl layer: one vertex each, moved by the GPU.
 *
 * A ScatterplotLayer draws four vertices for each dot from some sixty bytes of attributes, and its
 * transitions keep copies of them. This draws points from the 32 bytes that `Dots` keeps, uploads
 * them once for each batch, and has everything else follow from the clock.
 */

import { Layer } from '@deck.gl/core';
import { Model } from '@luma.gl/engine';

import { WORDS } from '../live/dots.js';
import { vertexShader, fragmentShader, dotsUniforms } from './dot_shaders.js';

const BYTES = WORDS * 4;

/** How the buffer of `Dots` is read: the places of its words. */
const LAYOUT = [
  {
    name: 'dots',
    stepMode: 'vertex',
    byteStride: BYTES,
    attributes: [
      { attribute: 'start', format: 'uint32x2', byteOffset: 0 },
      { attribute: 'goal', format: 'uint32x2', byteOffset: 8 },
      { attribute: 'times', format: 'float32x3', byteOffset: 16 },
      { attribute: 'traits', format: 'uint8x4', byteOffset: 28 },
    ],
  },
];

/** Radius of a dot in CSS pixels by zoom, between these steps linear. */
const RADII = [
  [9, 1.3],
  [12, 2.4],
  [14, 4],
  [16, 6.5],
  [18, 9],
];

export class DotLayer extends Layer {
  static layerName = 'DotLayer';
  static defaultProps = {
    dots: { type: 'object', value: null, compare: false },
    palette: { type: 'object', value: null, compare: false },
    clock: { type: 'function', value: null, compare: false },
    selected: { type: 'number', value: -1 },
    pixelRatio: { type: 'number', value: 1 },
  };

  initializeState() {
    this.setState({ model: this.#model(), buffer: null, revision: -1 });
  }

  getNumInstances() {
    return 0;
  }

  draw() {
    const { dots, palette, clock, selected, pixelRatio } = this.props;
    if (dots.count === 0) return;
    this.#upload(dots);
    const { model } = this.state;
    const { viewport } = this.context;
    model.setVertexCount(dots.count);
    model.shaderInputs.setProps({
      dots: {
        ...camera(viewport),
        clock: clock(),
        radius: radiusAt(viewport.zoom) * crowding(dots.count) * pixelRatio,
        pixelRatio,
        selected: dots.slotOf(selected),
        ...palette,
      },
    });
    model.draw(this.context.renderPass);
  }

  finalizeState(context) {
    super.finalizeState(context);
    this.state.model?.destroy();
    this.state.buffer?.destroy();
  }

  #upload(dots) {
    const { revision } = this.state;
    if (revision === dots.revision) return;
    const buffer = this.#roomFor(dots);
    buffer.write(dots.words);
    this.state.revision = dots.revision;
  }

  #roomFor(dots) {
    const { buffer, model } = this.state;
    const needed = dots.unsigned.byteLength;
    if (buffer && buffer.byteLength >= needed) return buffer;
    buffer?.destroy();
    const larger = this.context.device.createBuffer({ id: `${this.id}-dots`, byteLength: needed });
    model.setAttributes({ dots: larger });
    this.state.buffer = larger;
    return larger;
  }

  #model() {
    return new Model(this.context.device, {
      id: this.id,
      vs: vertexShader,
      fs: fragmentShader,
      modules: [dotsUniforms],
      topology: 'point-list',
      bufferLayout: LAYOUT,
      vertexCount: 0,
      parameters: { depthWriteEnabled: false, depthCompare: 'always' },
    });
  }
}

/** The camera as seen from the place in the middle, and that place in the world's steps. */
function camera(viewport) {
  const [x, y] = viewport.center;
  // deck.gl's common space: 512 wide, y grows to the north. Ours: 2^32 wide, y grows to the south.
  const steps = 2 ** 32 / 512;
  const originX = Math.floor(x * steps);
  const originY = Math.floor((512 - y) * steps);
  const m = viewport.viewProjectionMatrix;
  const originCommon = [originX / steps, 512 - originY / steps, 0];
  // The translation to the origin is done here, in doubles: what the GPU adds is small.
  const matrix = Array.from(m);
  for (let row = 0; row < 4; row += 1) {
    matrix[12 + row] = m[row] * originCommon[0] + m[4 + row] * originCommon[1] + m[12 + row];
  }
  return { matrix, origin: [originX | 0, originY | 0] };
}

/** Where there are very many, smaller dots show more of them. */
function crowding(count) {
  return count < 20_000 ? 1 : Math.max(0.55, Math.sqrt(Math.sqrt(20_000 / count)));
}

function radiusAt(zoom) {
  const above = RADII.findIndex(([step]) => step > zoom);
  if (above === 0) return RADII[0][1];
  if (above < 0) return RADII.at(-1)[1];
  const [[from, small], [to, large]] = [RADII[above - 1], RADII[above]];
  return small + ((large - small) * (zoom - from)) / (to - from);
}
