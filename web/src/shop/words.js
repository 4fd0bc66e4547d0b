/** The shop's own words. */

/** about 21 min; an hour is the most that is ever promised, so hours are rare. */
export function wait(seconds) {
  const minutes = Math.max(1, Math.round(seconds / 60));
  return minutes < 90 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}

/** Plant milk, of `DAIRY/PLANT MILK`: the last part, as people write. */
export function categoryName(category) {
  const last = category.split('/').at(-1).trim();
  // What is written in capitals only is shouted, and nobody means it.
  const said = last === last.toUpperCase() ? last.toLowerCase() : last;
  return said.charAt(0).toUpperCase() + said.slice(1);
}

/** A name in two: what it is, and what is said of it after the first comma. */
export function nameParts(name) {
  const [, what, more] = name.match(/^(.*?),\s+(.*)$/s) ?? [null, name, ''];
  return { what, more };
}

/** How much there is: `{text, isLow}`. */
export function stockWords(available) {
  if (available <= 0) return { text: 'Not here now', isLow: true };
  if (available <= 5) return { text: `Only ${available} left`, isLow: true };
  return { text: available >= 1000 ? 'Plenty here' : `${available} here`, isLow: false };
}

/** one store, 3 stores */
export function several(count, one, many = `${one}s`) {
  return count === 1 ? `1 ${one}` : `${count} ${many}`;
}

/** When a store opens, in the market's own time: 7:00 AM, or Mon 7:00 AM where it is another day. */
export function opening(text, timeZone, now, locale = undefined) {
  const day = (instant) => new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(instant);
  const instant = Date.parse(text);
  const isToday = day(instant) === day(now);
  const options = { timeZone, hour: 'numeric', minute: '2-digit', ...(isToday ? {} : { weekday: 'short' }) };
  return new Intl.DateTimeFormat(locale, options).format(instant);
}

/** The categories directly below another (`''`: the first ones), each with all items below it. */
export function categoriesBelow(categories, parent) {
  const sums = new Map();
  const start = parent === '' ? '' : `${parent}/`;
  for (const { category, items } of categories) {
    if (!category.startsWith(start) || category === parent) continue;
    const below = category.slice(start.length).split('/')[0];
    sums.set(start + below, (sums.get(start + below) ?? 0) + items);
  }
  return [...sums].map(([category, items]) => ({ category, items }));
}

/** A colour of its own for each first part of a category: degrees of hue. */
export function hueOf(category) {
  let sum = 0;
  for (const letter of category.split('/')[0]) sum = (sum * 31 + letter.codePointAt(0)) % 360;
  return sum;
}
