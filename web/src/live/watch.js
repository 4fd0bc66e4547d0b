/**
 * The connection to `/v1/watch/socket`: one box at a time, resumed where it broke off.
 *
 * The server sends what changed once a second. After a break the client names the last version it
 * has seen and gets what changed since, or a reset with the whole.
 */

import { readFrame } from './frame.js';

const RETRY_MS_MIN = 500;
const RETRY_MS_MAX = 15_000;

export class Watch {
  #socket = null;
  #opened = false;
  #attempts = 0;
  #timer = 0;
  #closed = false;
  #epoch = null;
  #version = null;

  /**
   * @param {object} options
   * @param {string} options.key the secret
   * @param {{bbox: number[], market: string | null}} options.view what to watch
   * @param {(frame: ReturnType<typeof readFrame>) => void} options.onFrame
   * @param {(state: {name: 'connecting' | 'live' | 'waiting', retryAt?: number}) => void} options.onState
   * @param {() => Promise<boolean>} options.mayRetry asked when a connection was never opened
   */
  constructor(options) {
    Object.assign(this, options);
    this.wake = () => this.#timer && this.#connect();
    addEventListener('online', this.wake);
    this.#connect();
  }

  /** Watches another box; the answer is a reset frame. */
  look(view) {
    if (view.market !== this.view.market) this.#version = null;
    this.view = view;
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(view));
  }

  /** Ends for good. */
  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    removeEventListener('online', this.wake);
    this.#socket?.close();
  }

  #connect() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#opened = false;
    this.onState({ name: 'connecting' });
    // Browsers cannot set headers here; the key travels as a subprotocol, which no log keeps.
    const socket = new WebSocket(this.#address(), ['doorstep', `key.${this.key}`]);
    socket.binaryType = 'arraybuffer';
    socket.onmessage = ({ data }) => this.#hear(data);
    socket.onclose = () => socket === this.#socket && this.#lost();
    socket.onopen = () => (this.#opened = true);
    this.#socket = socket;
    this.sent = this.view;
  }

  #address() {
    const { bbox, market } = this.view;
    const query = new URLSearchParams({ format: 'binary', bbox: bbox.join(',') });
    if (market) query.set('market', market);
    if (this.#version !== null) query.set('last_event_id', `${this.#epoch}-${this.#version}`);
    return `${location.origin.replace(/^http/, 'ws')}/v1/watch/socket?${query}`;
  }

  #hear(data) {
    if (typeof data === 'string') this.#greeted(JSON.parse(data));
    else this.#read(data);
  }

  #greeted({ epoch }) {
    if (epoch !== undefined) this.#epoch = epoch;
    if (this.sent !== this.view) this.look(this.view);
    this.sent = this.view;
  }

  #read(buffer) {
    const frame = readFrame(buffer);
    this.#version = frame.version;
    this.#attempts = 0;
    this.onState({ name: 'live' });
    this.onFrame(frame);
  }

  async #lost() {
    if (this.#closed) return;
    if (!this.#opened && !(await this.mayRetry())) return;
    if (this.#closed) return;
    const longest = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** this.#attempts);
    // Spread, so that a restarted server is not met by everybody at once.
    const wait = longest * (0.5 + Math.random() / 2);
    this.#attempts += 1;
    this.#timer = setTimeout(() => this.#connect(), wait);
    this.onState({ name: 'waiting', retryAt: performance.now() + wait });
  }
}
