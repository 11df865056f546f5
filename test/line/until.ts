/** Waiting in tests for what comes about by itself. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves with what `look` finds, as soon as it finds something. Throws after `seconds`, naming what did not come about. */
export async function until<T>(what: string, look: () => Promise<T | null | false> | T | null | false, seconds = 60) {
  const deadlineMs = Date.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if (found !== null && found !== false) return found;
    if (Date.now() > deadlineMs) throw new Error(`not within ${seconds} s: ${what}`);
    await sleep(25);
  }
}
