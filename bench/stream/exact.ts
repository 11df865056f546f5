/** Whether the served mart has exactly the events of the files. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Session } from '../../serving/session.ts';
import type { ExpectedUsage } from './expected-usage.ts';
import { servedCounts } from './usage-key.ts';

const pauseMs = 200;
const namedRows = 5;

/**
 * Resolves when every row is exact. Throws when that takes over `patienceMs`, naming rows, or when the source says that it has
 * produced other than what its files hold: `produced` new sound events.
 */
export async function untilExact(
  session: Session,
  expected: ExpectedUsage,
  produced: number,
  patienceMs = 60_000,
): Promise<void> {
  if (expected.events !== produced) {
    throw new Error(`the files hold ${expected.events} new sound events, the source says ${produced}`);
  }
  const giveUpMs = Date.now() + patienceMs;
  for (;;) {
    const differences = expected.differences(await servedCounts(session));
    if (differences.length === 0) return;
    if (Date.now() > giveUpMs) {
      throw new Error(`${differences.length} rows are not exact: ${differences.slice(0, namedRows).join('; ')}`);
    }
    await sleep(pauseMs);
  }
}
