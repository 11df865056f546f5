/** What the served mart has to say, from the event files themselves. */
import { soundEvent } from './sound-event.ts';
import { usageKeyOf } from './usage-key.ts';

/** A row that shows whether a file is served: `event_count` is at least this once it is. */
export interface Probe {
  readonly key: string;
  readonly atLeast: number;
}

/** Events by key: what was served before, and what files that were added since bring. */
export class ExpectedUsage {
  readonly #counts: Map<string, number>;
  readonly #ids = new Set<string>();

  /** `served`: events by key before any of the files to be added. */
  constructor(served: ReadonlyMap<string, number>) {
    this.#counts = new Map(served);
  }

  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  /** New sound events of the files so far. */
  get events(): number {
    return this.#ids.size;
  }

  /**
   * Takes in a file, in the order in which files are completed. Returns the rows that show that it is served: those of its first
   * and its last key and of its last event. None when it has no new sound event.
   */
  add(content: Uint8Array, nowMs: number): Probe[] {
    const keys = new Set<string>();
    let lastKey: string | null = null;
    for (const line of Buffer.from(content).toString('utf8').split('\n')) {
      const event = soundEvent(line, nowMs);
      if (event === null || this.#ids.has(event.id)) continue;
      this.#ids.add(event.id);
      this.#counts.set(event.key, (this.#counts.get(event.key) ?? 0) + 1);
      keys.add(event.key);
      lastKey = event.key;
    }
    if (lastKey === null) return [];
    const sorted = [...keys].sort();
    const probed = new Set([sorted[0]!, lastKey, sorted.at(-1)!]);
    return [...probed].map((key) => ({ key, atLeast: this.#counts.get(key)! }));
  }

  /** Keys whose count is another in `served`, as texts; empty when all is served exactly. */
  differences(served: ReadonlyMap<string, number>): string[] {
    const found: string[] = [];
    for (const key of new Set([...this.#counts.keys(), ...served.keys()])) {
      const [want, has] = [this.#counts.get(key) ?? 0, served.get(key) ?? 0];
      if (want !== has) found.push(`${keyName(key)} has ${has} events, not ${want}`);
    }
    return found;
  }
}

/** A key as a message names it. */
export function keyName(key: string): string {
  const { org, day, service } = usageKeyOf(key);
  return `${org} ${day} ${service}`;
}
