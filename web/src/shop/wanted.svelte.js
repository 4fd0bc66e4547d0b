/** The basket on the page: kept over a reload, shared by the tabs, and compared with what there is. */

import { atPrices, limitOf, quantityOf, totalOf, troublesOf, unitsOf, whatIsLeft, withQuantity } from './basket.js';
import { KeptBasket } from './kept.js';

export class Wanted {
  lines = $state.raw([]);

  #kept;
  #known;

  /** @param {string} market @param {(itemId: string) => object | undefined} known how much there is of an item */
  constructor(market, known) {
    [this.#kept, this.#known] = [new KeptBasket(market), known];
    this.lines = this.#kept.read();
    this.close = this.#kept.follow((lines) => (this.lines = lines));
  }

  get units() {
    return unitsOf(this.lines);
  }

  /** In minor units. */
  get total() {
    return totalOf(this.lines);
  }

  /** What cannot be had as it stands, by item. */
  get troubles() {
    return troublesOf(this.lines, this.#known);
  }

  of(itemId) {
    return quantityOf(this.lines, itemId);
  }

  /** How many may be wanted, and why not more. */
  limit(itemId) {
    return limitOf(this.#known(itemId)?.available);
  }

  put(item, quantity) {
    this.#become(withQuantity(this.lines, item, quantity));
  }

  /** Leaves what there is, of all lines or as a refusal has said. */
  takeWhatIsLeft(shortages = this.#shortages()) {
    this.#become(whatIsLeft(this.lines, shortages));
  }

  takePrices() {
    this.#become(atPrices(this.lines, this.#known));
  }

  clear() {
    this.#become([]);
  }

  #shortages() {
    return [...this.troubles].filter(([, { available }]) => available !== undefined).map(([item_id, trouble]) => ({ item_id, ...trouble }));
  }

  #become(lines) {
    this.lines = lines;
    this.#kept.write(lines);
  }
}
