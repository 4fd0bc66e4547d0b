/**
 * The binary frame, version 1, of `/v1/watch/socket?format=binary` (docs/how-to/watching.md).
 * Little endian, as is every machine with a browser: records are read in place, none becomes an object.
 */

const MAGIC = 0x57505344; // "DSPW"
const HEADER_BYTES = 28;
const COURIER_WORDS = 5;
const CLUSTER_WORDS = 4;

/** What a courier is doing. The numbers are the wire's. */
export const STATES = ['offline', 'idle', 'carrying'];

/** A frame that is not what it should be. */
export class FrameError extends Error {}

/**
 * Reads a frame. Its records stay in the buffer: see {@link Couriers} and {@link Clusters}.
 * @param {ArrayBuffer} buffer
 */
export function readFrame(buffer) {
  if (buffer.byteLength < HEADER_BYTES) throw new FrameError('a frame has at least 28 bytes');
  const header = new DataView(buffer);
  if (header.getUint32(0, true) !== MAGIC) throw new FrameError('this is no frame');
  const form = header.getUint8(4);
  if (form !== 1) throw new FrameError(`frames of version ${form} are not known here; reload the page`);
  const flags = header.getUint8(5);
  const isClusters = (flags & 2) !== 0;
  const count = header.getUint32(24, true);
  const words = isClusters ? CLUSTER_WORDS : COURIER_WORDS;
  if (buffer.byteLength !== HEADER_BYTES + count * words * 4) {
    throw new FrameError(`${count} records do not fit ${buffer.byteLength} bytes`);
  }
  const version = header.getBigUint64(8, true);
  return {
    // Forget everything known: a snapshot begins, in one frame or in several.
    isReset: (flags & 1) !== 0,
    // All parts of a snapshot but the last say that nothing has been seen yet.
    isWhole: version > 0n,
    version,
    serverTimeMs: Number(header.getBigInt64(16, true)),
    couriers: isClusters ? null : new Couriers(buffer, count),
    clusters: isClusters ? new Clusters(buffer, count) : null,
  };
}

/** The couriers of a frame, by index. */
export class Couriers {
  constructor(buffer, count) {
    this.count = count;
    this.unsigned = new Uint32Array(buffer, HEADER_BYTES, count * COURIER_WORDS);
    this.signed = new Int32Array(buffer, HEADER_BYTES, count * COURIER_WORDS);
  }
  /** The courier's number: dense, and the same for as long as the server runs. */
  number(index) {
    return this.unsigned[index * COURIER_WORDS];
  }
  /** 1e-7 degrees. */
  latE7(index) {
    return this.signed[index * COURIER_WORDS + 1];
  }
  /** 1e-7 degrees. */
  lngE7(index) {
    return this.signed[index * COURIER_WORDS + 2];
  }
  /** How old the position was at the server's time. */
  ageMs(index) {
    return this.unsigned[index * COURIER_WORDS + 3];
  }
  /** Four bytes: heading in 256ths of a turn (255 unknown), state, flags (1 implausible), nothing. */
  traits(index) {
    return this.unsigned[index * COURIER_WORDS + 4];
  }
}

/** The clusters of a frame, by index: where so many are that they are only counted. */
export class Clusters {
  constructor(buffer, count) {
    this.count = count;
    this.signed = new Int32Array(buffer, HEADER_BYTES, count * CLUSTER_WORDS);
  }
  latE7(index) {
    return this.signed[index * CLUSTER_WORDS];
  }
  lngE7(index) {
    return this.signed[index * CLUSTER_WORDS + 1];
  }
  /** Couriers in it. */
  size(index) {
    return this.signed[index * CLUSTER_WORDS + 2] >>> 0;
  }
}

/** The state within a courier's traits, as an index of {@link STATES}. */
export function stateOf(traits) {
  return Math.min((traits >>> 8) & 0xff, STATES.length - 1);
}
