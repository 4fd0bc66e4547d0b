/** The line to the server: what is asked is asked until it is answered, and whether there is a line is shown. */

import { ANSWER_MS_MAX, get } from '../api.js';
import { insist } from '../courier/insist.js';

export class Line {
  /** Whether the last question found nobody. */
  isLost = $state(false);

  /** @param {(problem: {status: number, message: string}) => void} onShut told where the key opens nothing */
  constructor(onShut) {
    this.onShut = onShut;
    const gone = () => (this.isLost = true);
    const back = () => (this.isLost = false);
    addEventListener('offline', gone);
    addEventListener('online', back);
    this.close = () => [removeEventListener('offline', gone), removeEventListener('online', back)];
  }

  /**
   * GET until it is answered. Throws a refusal, and whatever went wrong once `isWanted` says no.
   * @param {() => boolean} isWanted whether somebody still waits for it
   * @param {AbortSignal} [signal] ends a question that nobody waits for
   */
  async ask(path, parameters, isWanted, signal = undefined) {
    const timely = () => {
      const late = AbortSignal.timeout(ANSWER_MS_MAX);
      return signal ? AbortSignal.any([signal, late]) : late;
    };
    const onWait = () => (this.isLost = true);
    try {
      const answer = await insist(() => get(path, parameters, timely()), { isWorthwhile: isWanted, onWait });
      this.isLost = false;
      return answer;
    } catch (problem) {
      if ([401, 403].includes(problem.status)) this.onShut(problem);
      throw problem;
    }
  }
}
