/** What is served of both layers, whatever commits they make in whatever order, and by whichever reader. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import type { Table } from 'apache-arrow';
import fc from 'fast-check';
import { dropConsumed } from '../../activities/speed.ts';
import { Lake } from '../../engine/delta/lake.ts';
import { openStore } from '../../engine/storage/open.ts';
import { orgDailyUsageByServiceSpeed as speed, orgDailyUsageByService as usage } from '../../schemas/gold.ts';
import { servedMart } from '../../serving/cql-type.ts';
import { followingReader } from '../../serving/following-reader.ts';
import { martReader, readParts } from '../../serving/served-rows.ts';
import { consumedBronze, type Pins, partsOf, type ServedPart, servedAt } from '../../serving/served-snapshot.ts';
import { faultyStore } from '../faults/faulty-store.ts';
import { rowsOf } from '../transforms/rows.ts';
import { compactIncrements, increment, overwrite } from './lakes.ts';
import type { Row } from './rows.ts';

const mart = servedMart(usage);
const days = ['2025-07-07', '2025-07-08', '2025-07-09'];
const orgs = ['a', 'b'];

interface Event {
  readonly org: string;
  readonly day: string;
  readonly cents: number;
  readonly version: number;
}

const place = { org: fc.constantFrom(...orgs), day: fc.constantFrom(...days) };
type Commit =
  | { readonly op: 'append'; readonly places: readonly { readonly org: string; readonly day: string }[] }
  | { readonly op: 'build'; readonly day: string; readonly behind: number }
  | { readonly op: 'drop' | 'compact' };
const commit: fc.Arbitrary<Commit> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ op: fc.constant('append'), places: fc.array(fc.record(place), { minLength: 1 }) }),
  },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('build'), day: place.day, behind: fc.nat({ max: 1 }) }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('drop') }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('compact') }) },
);
/** What happens between the looks that something is decided by. */
const between = fc.array(commit, { maxLength: 3 });
const advance = fc.record({ op: fc.constant('advance' as const), between });
const step = fc.oneof(
  { weight: 3, arbitrary: commit },
  { weight: 3, arbitrary: advance },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant('pin' as const),
      between: fc.array(fc.oneof(commit, advance), { maxLength: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('read' as const), back: fc.nat({ max: 2 }) }) },
);

/** Both layers over events in memory: the commits that Bronze, the speed layer and the batch layer make. */
class Layers {
  readonly lake: Lake;
  readonly events: Event[] = [];
  version = -1;
  #position = -1;
  #builds = 0;

  constructor(lake: Lake) {
    this.lake = lake;
  }

  append(places: readonly { readonly org: string; readonly day: string }[]): void {
    this.version++;
    places.forEach((at, i) => {
      this.events.push({ ...at, cents: 1 + i + 10 * this.version, version: this.version });
    });
  }

  async commit(commit: Commit): Promise<void> {
    if (commit.op === 'append') this.append(commit.places);
    else if (commit.op === 'build') await this.build(commit.day, commit.behind);
    else if (commit.op === 'drop') await dropConsumed({ lake: this.lake });
    else await compactIncrements(this.lake);
  }

  /** Increments of what came since, by what the batch layer had consumed before `between`. */
  async advance(between: readonly Commit[]): Promise<void> {
    const upTo = this.version;
    const consumed = new Map(await Promise.all(days.map(async (day) => [day, await this.consumed(day)] as const)));
    const fresh = this.events.filter(
      ({ version, day }) => version > this.#position && version > (consumed.get(day) ?? -1),
    );
    this.#position = upTo;
    for (const commit of between) await this.commit(commit);
    const rows = [...new Set(fresh.map((e) => e.version))].flatMap((version) =>
      this.#rows(fresh.filter((e) => e.version === version)).map((row) => ({ ...row, bronze_version: version })),
    );
    if (rows.length > 0) await increment(this.lake, rows);
  }

  async build(day: string, behind: number): Promise<void> {
    const version = this.version - behind;
    // From the same version when only names have changed.
    if (version < Math.max(0, await this.consumed(day))) return;
    const org_name = `built ${this.#builds++} times`;
    const own = this.events.filter((e) => e.day === day && e.version <= version);
    const rows = this.#rows(own).map((row) => ({ ...row, org_name }));
    await overwrite(this.lake, usage, rows, [day], version);
  }

  async consumed(day: string): Promise<number> {
    return consumedBronze(mart, await this.lake.table(usage.name).latest(), day);
  }

  #rows(events: readonly Event[]): Row[] {
    const keys = [...new Set(events.map((e) => `${e.org} ${e.day}`))];
    return keys.map((key) => {
      const [org_id, usage_date] = key.split(' ') as [string, string];
      const own = events.filter((e) => e.org === org_id && e.day === usage_date);
      const cents = own.reduce((n, e) => n + e.cents, 0);
      return {
        org_id,
        usage_date,
        service_name: 'compute',
        daily_cost_usd: `${cents}`,
        daily_requests: `${own.length}`,
        cost_per_request: ratio(cents, own.length),
        stated_measures: 1,
        event_count: own.length,
      };
    });
  }
}

/** A whole number over another, to twelve digits, half to even: as the contract of ratios has it. */
function ratio(a: number, b: number): string {
  const unit = 10n ** 12n;
  const [whole, rest] = [(BigInt(a) * unit) / BigInt(b), (BigInt(a) * unit) % BigInt(b)];
  const twice = 2n * rest - BigInt(b);
  const scaled = whole + (twice > 0n || (twice === 0n && whole % 2n === 1n) ? 1n : 0n);
  return `${scaled / unit}.${String(scaled % unit).padStart(12, '0')}`;
}

const sorted = (table: Table) =>
  rowsOf(table).sort((x, y) => (`${x.usage_date}${x.org_id}` < `${y.usage_date}${y.org_id}` ? -1 : 1));

test('every row served is the total of its key at the version it names, never an earlier one than before', async () => {
  let reads = 0;
  const layersSeen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 25 }), async (steps) => {
      // In memory.
      const root = `/served-rows/${randomUUID()}`;
      faultyStore(root, new Map());
      const layers = new Layers(new Lake(openStore(root), Date.now));
      const readers = [followingReader(layers.lake), martReader(layers.lake)];
      const pinned: Pins[] = [];
      const seen = new Map<string, number>();
      const pin = async (meanwhile: () => Promise<void>): Promise<void> => {
        const speedVersion = (await layers.lake.table(speed.name).latest())?.version ?? null;
        await meanwhile();
        const version = (await layers.lake.table(usage.name).latest())?.version ?? -1;
        pinned.push({ version, speedVersion });
      };
      const read = async (back: number): Promise<void> => {
        const at = pinned.length - 1 - back;
        if (at < 0) return;
        const parts = [...partsOf(mart, await servedAt(layers.lake, mart, pinned[at]!)).values()];
        const expected = sorted(await readParts(layers.lake, mart, parts));
        for (const reader of readers) assert.deepEqual(sorted(await reader(mart, parts)), expected);
        const one = await Promise.all(parts.map((part: ServedPart) => readParts(layers.lake, mart, [part])));
        assert.deepEqual(
          one.flatMap((table) => sorted(table)).sort((x, y) => (String(x.usage_date) < String(y.usage_date) ? -1 : 1)),
          expected,
        );
        reads++;
        for (const row of expected) {
          const version = Number(row.bronze_version);
          const own = layers.events.filter(
            (e) => e.org === row.org_id && e.day === row.usage_date && e.version <= version,
          );
          const cents = own.reduce((n, e) => n + e.cents, 0);
          assert.deepEqual(
            [row.daily_cost_usd, row.daily_requests, row.event_count],
            [`${cents}`, `${own.length}`, own.length],
          );
          layersSeen.set(String(row.layer), (layersSeen.get(String(row.layer)) ?? 0) + 1);
        }
        if (back > 0) return;
        const now = new Map(expected.map((row) => [`${row.org_id} ${row.usage_date}`, Number(row.bronze_version)]));
        for (const [key, version] of seen) assert.ok((now.get(key) ?? -1) >= version, `${key} went back`);
        for (const [key, version] of now) seen.set(key, version);
      };

      const take = async (step: Commit | { readonly op: 'advance'; readonly between: readonly Commit[] }) =>
        step.op === 'advance' ? layers.advance(step.between) : layers.commit(step);
      for (const step of steps) {
        if (step.op === 'read') await read(step.back);
        else if (step.op !== 'pin') await take(step);
        else
          await pin(async () => {
            for (const other of step.between) await take(other);
          });
      }
      // Drained: nothing is missing.
      await layers.advance([]);
      await pin(async () => undefined);
      await read(0);
      for (const { org, day } of layers.events) assert.ok(seen.has(`${org} ${day}`));
      const [newest] = layers.events.slice(-1);
      if (newest !== undefined) assert.equal(seen.get(`${newest.org} ${newest.day}`)! >= newest.version, true);
    }),
    { numRuns: 30 },
  );
  assert.ok(reads > 40 && layersSeen.get('batch')! > 20 && layersSeen.get('speed')! > 100);
});
