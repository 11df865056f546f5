/** Readers of the daily usage mart in Cassandra that forget nothing they have read. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '../../cli/generate/random.ts';
import type { Session } from '../../serving/session.ts';
import { measureScales, type Total } from './usage-totals.ts';

const table = 'org_daily_usage_by_service';

/** A row as it was read. */
export interface Seen {
  readonly key: string;
  readonly version: number;
  readonly publication: number;
  readonly layer: string;
  readonly total: Total;
}

/** What the readers have seen. */
export class Watch {
  /** Every row as it was read, once. */
  readonly distinct = new Map<string, Seen>();
  readonly keys: string[] = [];
  readonly faults: string[] = [];
  /** How often a reader found a row in another version than before: from which layer to which. */
  readonly turns = new Map<string, number>();
  readonly #known = new Set<string>();
  reads = 0;

  /** Takes in a row that one reader has read after those in `before`. */
  see(seen: Seen, before: Map<string, Seen>): void {
    this.reads++;
    const { key, version, publication, layer } = seen;
    this.distinct.set([key, version, publication, layer, ...seen.total].join('|'), seen);
    if (!this.#known.has(key)) {
      this.#known.add(key);
      this.keys.push(key);
    }
    const earlier = before.get(key);
    before.set(key, seen);
    if (earlier === undefined) return;
    if (version < earlier.version || publication < earlier.publication) {
      this.faults.push(
        `${key}: version ${version} of publication ${publication} after ${earlier.version} of ${earlier.publication}`,
      );
    }
    if (publication === earlier.publication) return;
    const turn = `${earlier.layer}→${layer}`;
    this.turns.set(turn, (this.turns.get(turn) ?? 0) + 1);
  }
}

/** Reads the whole table again and again, a page at a time. */
export async function scanning(session: Session, watch: Watch, isOver: () => boolean): Promise<void> {
  const before = new Map<string, Seen>();
  for (let isLast = false; !isLast; ) {
    isLast = isOver();
    const known = [...watch.keys];
    const present = new Set<string>();
    for await (const page of session.pages(`SELECT * FROM ${table}`, [], 50)) {
      for (const row of page) {
        const seen = seenIn(row);
        present.add(seen.key);
        watch.see(seen, before);
      }
    }
    for (const key of known) if (!present.has(key)) watch.faults.push(`${key} was gone`);
    await sleep(25);
  }
}

/** Reads one row after another, each by its key. */
export async function looking(session: Session, watch: Watch, seed: number, isOver: () => boolean): Promise<void> {
  const random = seededRandom(seed, 'looking');
  const before = new Map<string, Seen>();
  while (!isOver()) {
    await sleep(8);
    if (watch.keys.length === 0) continue;
    const key = random.pick(watch.keys);
    const [row] = await session.execute(
      `SELECT * FROM ${table} WHERE org_id = ? AND usage_date = ? AND service_name = ?`,
      key.split(' '),
    );
    if (row === undefined) watch.faults.push(`${key} was gone`);
    else watch.see(seenIn(row), before);
  }
}

/** A row of the mart as Cassandra gives it. */
export function seenIn(row: Readonly<Record<string, unknown>>): Seen {
  return {
    key: [row.org_id, row.usage_date, row.service_name].join(' '),
    version: Number(row.bronze_version),
    publication: Number(row.publication),
    layer: String(row.layer),
    total: Object.entries(measureScales).map(([name, scale]) => {
      const cell = row[name];
      return cell === null || cell === undefined ? null : unscaled(String(cell), scale);
    }),
  };
}

/** `1.5` at two places: 150. */
function unscaled(text: string, scale: number): bigint {
  const [, sign, whole, part] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? assert.fail(`${text} is no decimal`);
  const digits = BigInt(whole! + (part ?? '').padEnd(scale, '0').slice(0, scale));
  return sign === '-' ? -digits : digits;
}
