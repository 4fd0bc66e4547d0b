/** How an order and its parts stand, in the words of whoever waits for them. */

/** Nothing follows these. */
const ENDS = ['delivered', 'failed', 'cancelled', 'released'];

/** Whether nothing more will happen to an order. */
export function isOver({ status }) {
  return ENDS.includes(status);
}

/** The order's page's headline, a line below it, and its mood: `waiting`, `going`, `good` or `bad`. */
export function headline({ status, parts }) {
  const arrived = parts.filter((part) => part.status === 'delivered').length;
  const words = {
    reserved: ['Waiting for the payment', 'Your things are held for you.', 'waiting'],
    placed: ['It is yours', 'A courier is being found.', 'waiting'],
    under_way: under(parts, arrived),
    delivered: arrived < parts.length ? ['Delivered in part', 'What did not arrive stands below.', 'bad'] : ['Delivered', 'Enjoy it.', 'good'],
    failed: ['It could not be delivered', 'None of it has arrived. Please ask the shop.', 'bad'],
    cancelled: ['Cancelled', 'This order was called off.', 'bad'],
    released: ['Not ordered', 'The payment did not come in time. Nothing was taken.', 'bad'],
  }[status];
  const [title, line, mood] = words ?? [status.replaceAll('_', ' '), 'Reload the page to learn more.', 'waiting'];
  return { title, line, mood };
}

function under(parts, arrived) {
  if (arrived > 0) return [`${arrived} of ${parts.length} deliveries have arrived`, 'The rest is on its way.', 'going'];
  return ['On its way', parts.length > 1 ? `In ${parts.length} deliveries, each with a page of its own.` : 'Follow it on its page.', 'going'];
}

const PART_WORDS = {
  requested: ['Looking for a courier', 'waiting', 0],
  assigned: ['A courier is on the way to the store', 'going', 1],
  at_pickup: ['A courier is at the store', 'going', 1],
  picked_up: ['On the way to you', 'going', 2],
  at_dropoff: ['At your door', 'going', 3],
  delivered: ['Delivered', 'good', 4],
  failed: ['It could not be delivered', 'bad', 0],
  returned: ['Returned to the store', 'bad', 0],
  cancelled: ['Cancelled', 'bad', 0],
};

/** A part's words, mood and step on the line of its delivery; what has no delivery yet waits for one. */
export function partStory({ status }) {
  const [title, mood, step] = PART_WORDS[status ?? 'requested'] ?? [status.replaceAll('_', ' '), 'waiting', 0];
  return { title, mood, step };
}

/** The secret link within the address of an order's page; null where there is none. */
export function orderLinkOf(pathname) {
  const [, link] = pathname.match(/^\/shop\/order\/([^/]+)\/?$/) ?? [];
  return link ?? null;
}
