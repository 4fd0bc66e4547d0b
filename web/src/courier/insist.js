/** Sends something until it is answered: a bad network is no answer, a refusal is one. */

const RETRY_MS_MIN = 400;
const RETRY_MS_MAX = 8000;

/** Whether sending the same again may end otherwise. */
export function isPassing(problem) {
  const { status } = problem ?? {};
  return status === undefined || status >= 500 || status === 429 || status === 408;
}

/** Waits, but no longer than until the network is back. */
export function pause(ms) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    globalThis.addEventListener?.('online', () => resolve(clearTimeout(timer)), { once: true });
  });
}

/**
 * @template T
 * @param {() => Promise<T>} act may be done twice without harm
 * @param {object} options
 * @param {() => boolean} options.isWorthwhile whether it is still to be tried
 * @param {() => void} options.onWait told before each pause
 * @param {(ms: number) => Promise<void>} options.wait
 * @returns {Promise<T>} Throws the refusal, or the last trouble once it is not worthwhile any more.
 */
export async function insist(act, { isWorthwhile, onWait, wait = pause }) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await act();
    } catch (problem) {
      if (!isPassing(problem) || !isWorthwhile()) throw problem;
      onWait();
      await wait(Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** attempt));
      if (!isWorthwhile()) throw problem;
    }
  }
}
