/** What the shop keeps in the browser: over a reload nothing is lost, and nothing is ordered twice. */

const BASKET = 'doorstep.basket';
const ORDER = 'doorstep.order';
const VISIT = 'doorstep.visit';

/** Reads what was kept; null where there is nothing, or nothing that can be read. */
function read(storage, place) {
  try {
    return JSON.parse(storage.getItem(place));
  } catch {
    return null;
  }
}

function write(storage, place, what) {
  if (what === null) storage.removeItem(place);
  // A browser whose storage is full or forbidden still sells; it only forgets sooner.
  else try { storage.setItem(place, JSON.stringify(what)); } catch { /* as said */ }
}

const isLine = (line) => typeof line?.item_id === 'string' && Number.isInteger(line.quantity) && line.quantity > 0 && Number.isInteger(line.price_minor);

/** The basket of a market, for all tabs of the browser. */
export class KeptBasket {
  constructor(market, storage = localStorage) {
    [this.market, this.storage] = [market, storage];
  }

  read() {
    const lines = read(this.storage, BASKET)?.[this.market];
    return Array.isArray(lines) ? lines.filter(isLine) : [];
  }

  write(lines) {
    const { [this.market]: _, ...others } = read(this.storage, BASKET) ?? {};
    const all = lines.length > 0 ? { ...others, [this.market]: lines } : others;
    write(this.storage, BASKET, Object.keys(all).length > 0 ? all : null);
  }

  /** Calls back whenever another tab has changed it; answers how to stop. */
  follow(changed) {
    const heard = ({ key }) => (key === BASKET || key === null) && changed(this.read());
    addEventListener('storage', heard);
    return () => removeEventListener('storage', heard);
  }
}

/** An order that was sent and not answered yet: `{key, at_ms, body}`. It is one at most. */
export class KeptOrder {
  constructor(storage = localStorage) {
    this.storage = storage;
  }

  read() {
    const order = read(this.storage, ORDER);
    return order?.key && order?.body ? order : null;
  }

  keep(order) {
    write(this.storage, ORDER, order);
  }

  /** Forgets it, unless another has taken its place since. */
  forget(key) {
    if (this.read()?.key === key) write(this.storage, ORDER, null);
  }
}

/** What one visit knows: the place, who orders, the last order's token. Kept as long as the tab. */
export class KeptVisit {
  constructor(storage = sessionStorage) {
    this.storage = storage;
  }

  get(name) {
    return read(this.storage, VISIT)?.[name] ?? null;
  }

  set(name, value) {
    write(this.storage, VISIT, { ...read(this.storage, VISIT), [name]: value });
  }
}
