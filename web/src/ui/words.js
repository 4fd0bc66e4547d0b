/** Numbers and times as people read them. */

const whole = new Intl.NumberFormat('en');
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

/** 12,345 */
export function counted(count) {
  return whole.format(Math.round(count));
}

/** 12.3K */
export function compact(count) {
  return short.format(count);
}

/** 340 ms, 2.1 s, 4 min, 3 h, 2 d */
export function span(ms) {
  if (ms < 995) return `${Math.max(0, Math.round(ms / 10) * 10)} ms`;
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 59_500) return `${Math.round(ms / 1000)} s`;
  if (ms < 3_570_000) return `${Math.round(ms / 60_000)} min`;
  if (ms < 172_800_000) return `${Math.round(ms / 3_600_000)} h`;
  return `${Math.round(ms / 86_400_000)} d`;
}

/** N, NE, … of degrees clockwise from north. */
export function compass(degrees) {
  return ['N', 'NE', 'E', 'SE', 'S', 'SW', 'W', 'NW'][Math.round(degrees / 45) % 8];
}

/** 18:42, as the person's own clock shows it. */
export function clockTime(instant, locale = undefined) {
  return timeOf(locale).format(instant);
}

/** 18:42–18:55, or one time where both are in the same minute. */
export function clockRange(from, until, locale = undefined) {
  return timeOf(locale).formatRange(from, until);
}

const timeOf = (locale) => new Intl.DateTimeFormat(locale, { hour: 'numeric', minute: '2-digit' });

/** 840 m, 2.9 km */
export function metres(distance) {
  if (distance < 995) return `${Math.round(distance / 10) * 10} m`;
  return `${(distance / 1000).toFixed(distance < 9_950 ? 1 : 0)} km`;
}

/** $12.50, of minor units. */
export function money(minor, currency, locale = undefined) {
  const format = new Intl.NumberFormat(locale, { style: 'currency', currency });
  return format.format(minor / 10 ** format.resolvedOptions().maximumFractionDigits);
}
