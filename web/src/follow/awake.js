/** Tells who follows something that the network has come or gone, or that somebody looks again. */

/** Answers how to stop. */
export function keepAwake(follow) {
  const woken = () => document.visibilityState === 'visible' && follow.wake();
  const slept = () => follow.sleep();
  const listening = [
    [globalThis, 'online', woken],
    [globalThis, 'pageshow', woken],
    [globalThis, 'offline', slept],
    [document, 'visibilitychange', woken],
  ];
  for (const [target, name, act] of listening) target.addEventListener(name, act);
  return () => {
    for (const [target, name, act] of listening) target.removeEventListener(name, act);
  };
}
