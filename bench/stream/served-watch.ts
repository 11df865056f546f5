/** When files are served: asked of Cassandra, row by row, without loading the machine. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Session } from '../../serving/session.ts';
import { keyName, type Probe } from './expected-usage.ts';
import { servedCount, usageKeyOf } from './usage-key.ts';

/** Between two questions, whatever the number of files that wait: each of them is asked for less often then. */
const pauseMs = 10;

/** Asks for the rows of files until they are served. */
export class ServedWatch {
  readonly #session: Session;
  readonly #patienceMs: number;
  #waiting = 0;

  /** A file that is not served after `patienceMs` is an error. */
  constructor(session: Session, patienceMs = 60_000) {
    this.#session = session;
    this.#patienceMs = patienceMs;
  }

  /**
   * Resolves when every probe of a file is served, with the milliseconds since 1970. One question at a time for a file. Throws when
   * that takes too long, naming the row.
   */
  async servedMs(probes: readonly Probe[]): Promise<number> {
    const startedMs = Date.now();
    this.#waiting++;
    try {
      for (const { key, atLeast } of probes) {
        for (;;) {
          const count = await servedCount(this.#session, usageKeyOf(key));
          if (count >= atLeast) break;
          const ms = Date.now() - startedMs;
          if (ms > this.#patienceMs) {
            throw new Error(`not served after ${ms} ms: ${keyName(key)} has ${count} events of ${atLeast}`);
          }
          await sleep(pauseMs * this.#waiting);
        }
      }
      return Date.now();
    } finally {
      this.#waiting--;
    }
  }
}
