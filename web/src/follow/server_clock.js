/**
 * The server's time, on a phone whose own clock may be wrong.
 *
 * What the server says is always a little late, never early: of all it has said, what puts its
 * clock furthest ahead of ours is nearest to the truth.
 */
export class ServerClock {
  #ahead = -Infinity;

  /** @param {() => number} own milliseconds of a clock that nobody sets */
  constructor(own = () => performance.now()) {
    this.own = own;
  }

  /** Takes note of a `server_time` that has just come. */
  hear(serverTime) {
    this.#ahead = Math.max(this.#ahead, Date.parse(serverTime) - this.own());
  }

  /** Milliseconds since 1970; the phone's own as long as the server has said nothing. */
  now() {
    return this.#ahead === -Infinity ? Date.now() : this.own() + this.#ahead;
  }
}
