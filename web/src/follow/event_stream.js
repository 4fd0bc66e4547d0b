/** Reads `text/event-stream` (WHATWG HTML §9.2) as it comes, in pieces cut anywhere. */

export class EventStream {
  #rest = '';

  /** The events that are whole with this piece, as `{event, data}`; comments and the rest are none. */
  take(piece) {
    // A piece may end between the two characters of a line's end.
    const text = this.#rest + piece;
    const isCut = text.endsWith('\r');
    const blocks = (isCut ? text.slice(0, -1) : text).replace(/\r\n?/g, '\n').split('\n\n');
    this.#rest = blocks.pop() + (isCut ? '\r' : '');
    return blocks.map(eventOf).filter((event) => event !== null);
  }
}

function eventOf(block) {
  let event = 'message';
  const data = [];
  for (const line of block.split('\n')) {
    const [, name, value] = line.match(/^([^:]*)(?:: ?(.*))?$/s);
    if (name === 'event') event = value ?? '';
    if (name === 'data') data.push(value ?? '');
  }
  return data.length > 0 ? { event, data: data.join('\n') } : null;
}
