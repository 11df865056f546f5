/** How long it takes from a complete event file until its events are in the rows that Cassandra answers with. */
import { setTimeout as wait } from 'node:timers/promises';
import { type Spread, spreadOf } from '../../activities/stream/spread.ts';
import type { EventLine } from '../produce/event-lines.ts';
import type { CompletedFile } from '../produce/write.ts';
import { keyText, type UsageKey } from './served-usage.ts';

export interface LatencyProbeOptions {
  /** Events served by key before the first event was produced; keys are as `keyText` has them. */
  readonly before: ReadonlyMap<string, number>;
  /** Events served under a key now. */
  readonly served: (key: UsageKey) => Promise<number>;
  /** Milliseconds since 1970, the clock of the source. */
  readonly clock?: () => number;
}

interface Sample {
  readonly key: UsageKey;
  /** Events that the key has when the file is served. */
  readonly events: number;
  readonly completedMs: number;
}

/** Samples waited for at a time: when there are more files, some are left out. */
const mostWaiting = 4;
const pollMs = 20;

/**
 * Samples a key of each file: the last one of its events of now. The file is visible when the key's row counts as many events as
 * were produced by then. Tell it every line before the file that holds it.
 */
export class LatencyProbe {
  readonly #served: LatencyProbeOptions['served'];
  readonly #clock: () => number;
  readonly #events: Map<string, number>;
  readonly #waiting = new Set<Sample>();
  readonly #seen: { readonly atMs: number; readonly ms: number }[] = [];
  #last: UsageKey | null = null;

  constructor({ before, served, clock = Date.now }: LatencyProbeOptions) {
    this.#events = new Map(before);
    this.#served = served;
    this.#clock = clock;
  }

  /** A line is produced. */
  line({ kind, line }: EventLine): void {
    if (kind === 'duplicate' || kind === 'malformed') return;
    const key = keyIn(line);
    const text = keyText(key);
    this.#events.set(text, (this.#events.get(text) ?? 0) + 1);
    if (kind === 'on_time') this.#last = key;
  }

  /** The file that holds the lines since the file before is complete. */
  file({ completedMs }: Pick<CompletedFile, 'completedMs'>): void {
    const key = this.#last;
    this.#last = null;
    if (key === null || this.#waiting.size >= mostWaiting) return;
    this.#waiting.add({ key, events: this.#events.get(keyText(key))!, completedMs });
  }

  /** Asks for the samples until the signal aborts. Rejects when asking does. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await Promise.all([...this.#waiting].map((sample) => this.#ask(sample)));
      await wait(pollMs);
    }
  }

  /** Milliseconds of the files that became visible since then, and how many they are. */
  since(ms: number): Spread & { readonly files: number } {
    const times = this.#seen.filter(({ atMs }) => atMs >= ms).map((seen) => seen.ms);
    return { ...spreadOf(times), files: times.length };
  }

  async #ask(sample: Sample): Promise<void> {
    if ((await this.#served(sample.key)) < sample.events) return;
    const atMs = this.#clock();
    this.#seen.push({ atMs, ms: atMs - sample.completedMs });
    this.#waiting.delete(sample);
  }
}

function keyIn(line: string | Uint8Array): UsageKey {
  const { org_id, timestamp, service } = JSON.parse(String(line)) as Record<string, string>;
  return { org: org_id!, day: timestamp!.slice(0, 10), service: service! };
}
