/**
 * What somebody wants to have: lines `{item_id, name, price_minor, quantity}`, in the order in which
 * they were put in. Every function answers new lines and leaves the old ones as they were.
 */

/** What an order may hold at most: the server's own bounds. */
export const LINES_MAX = 100;
export const UNITS_MAX = 1000;

/** How many units of an item are wanted. */
export function quantityOf(lines, itemId) {
  return lines.find(({ item_id }) => item_id === itemId)?.quantity ?? 0;
}

/** With so many units of an item: it joins at the end, changes where it stands, or goes at none. */
export function withQuantity(lines, { item_id, name, price_minor }, quantity) {
  const wanted = Math.min(Math.max(0, Math.trunc(quantity)), UNITS_MAX);
  if (wanted === 0) return lines.filter((line) => line.item_id !== item_id);
  const isIn = lines.some((line) => line.item_id === item_id);
  if (isIn) return lines.map((line) => (line.item_id === item_id ? { ...line, quantity: wanted } : line));
  return lines.length < LINES_MAX ? [...lines, { item_id, name, price_minor, quantity: wanted }] : lines;
}

/** All units of all lines. */
export function unitsOf(lines) {
  return lines.reduce((sum, { quantity }) => sum + quantity, 0);
}

/** What all lines cost, in minor units. */
export function totalOf(lines) {
  return lines.reduce((sum, { quantity, price_minor }) => sum + quantity * price_minor, 0);
}

/**
 * How many units of an item may be wanted, and why not more: `stock` (there are no more), `bound` (no
 * order takes more) or null where nobody has said how many there are.
 */
export function limitOf(available) {
  if (available === null || available === undefined) return { most: UNITS_MAX, why: null };
  return available < UNITS_MAX ? { most: available, why: 'stock' } : { most: UNITS_MAX, why: 'bound' };
}

/**
 * What of the lines cannot be had as it stands, by item: `{wanted, available}` where there is less than
 * is wanted, `{was_minor, price_minor}` where it costs something else than when it was put in.
 * @param {(itemId: string) => {available: number, price_minor: number} | undefined} known
 */
export function troublesOf(lines, known) {
  const troubles = new Map();
  for (const { item_id, quantity, price_minor } of lines) {
    const now = known(item_id);
    if (!now) continue;
    const trouble = {};
    if (now.available !== null && now.available < quantity) Object.assign(trouble, { wanted: quantity, available: now.available });
    if (now.price_minor !== null && now.price_minor !== price_minor) Object.assign(trouble, { was_minor: price_minor, price_minor: now.price_minor });
    if (Object.keys(trouble).length > 0) troubles.set(item_id, trouble);
  }
  return troubles;
}

/** The lines as far as they can be had: what is short is less, what is gone goes. */
export function whatIsLeft(lines, shortages) {
  const available = new Map(shortages.map((line) => [line.item_id, line.available]));
  return lines
    .map((line) => ({ ...line, quantity: Math.min(line.quantity, available.get(line.item_id) ?? line.quantity) }))
    .filter(({ quantity }) => quantity > 0);
}

/** The lines at the prices of now. */
export function atPrices(lines, known) {
  return lines.map((line) => ({ ...line, price_minor: known(line.item_id)?.price_minor ?? line.price_minor }));
}

/** Whether of every line there is as much as is wanted: then it only lies in several places. */
export function isAllThere(shortages) {
  return shortages.every(({ wanted, available }) => available >= wanted);
}

/** A tip in minor units: so many percent of the goods. */
export function tipOf(lines, percent) {
  return Math.round((totalOf(lines) * percent) / 100);
}
