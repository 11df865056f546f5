import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { DeltaTable } from '../../engine/delta/table.ts';
import type { Snapshot } from '../../engine/delta/types.ts';
import type { ObjectStore } from '../../engine/storage/object-store.ts';
import { file, metadata, request, temporaryStore } from './fixtures.ts';

const days = ['2025-07-01', '2025-07-02', '2025-07-03'] as const;
const day = fc.constantFrom(...days);
const step = fc.oneof(
  fc.record({ kind: fc.constant('append' as const), days: fc.array(day, { maxLength: 4 }) }),
  fc.record({ kind: fc.constant('overwrite' as const), day }),
  fc.record({ kind: fc.constant('compact' as const), day }),
  fc.record({ kind: fc.constant('evolve' as const) }),
);

describe('any history of a table', () => {
  let store: ObjectStore;
  before(async () => {
    store = await temporaryStore();
  });
  after(() => rm(store.root, { recursive: true, force: true }));

  it('reads the same at every version, by whoever wrote it and by whoever opens it', async () => {
    let run = 0;
    const check = async (steps: readonly (typeof step extends fc.Arbitrary<infer T> ? T : never)[], least: number) => {
      const path = `silver/run${run++}`;
      // Two writers take turns, so that each has to read what the other did.
      const writers = [0, 1].map(() => new DeltaTable(store, path, { checkpointInterval: least }));
      const rows = new Map(days.map((d) => [d as string, 0]));
      const written: Snapshot[] = [];
      let names = 0;
      for (const [i, change] of [{ kind: 'append' as const, days: [] }, ...steps].entries()) {
        const table = writers[i % 2]!;
        const base = await table.latest();
        const of = (d: string) => base?.files.filter((f) => f.partitionValues.day === d) ?? [];
        const made = { base, txns: { step: i }, identity: 'step', ...(base === null ? { metadata } : {}) };
        const name = () => `day/${names++} ü.parquet`;
        if (change.kind === 'append') {
          await table.commit(request({ ...made, adds: change.days.map((d) => file(name(), d, 2)) }));
          for (const d of change.days) rows.set(d, rows.get(d)! + 2);
        } else if (change.kind === 'overwrite') {
          const adds = [file(name(), change.day, 7)];
          await table.commit(request({ ...made, reads: { kind: 'table' }, removes: of(change.day), adds }));
          rows.set(change.day, 7);
        } else if (change.kind === 'compact') {
          const removes = of(change.day);
          const adds = removes.length === 0 ? [] : [file(name(), change.day, rows.get(change.day)!)];
          await table.commit(request({ ...made, removes, adds, dataChange: false }));
        } else {
          const columns = [
            ...base!.metadata.columns,
            { name: `c${i}`, type: { kind: 'bool' }, nullable: true },
          ] as const;
          await table.commit(request({ ...made, metadata: { ...base!.metadata, columns } }));
        }
        const snapshot = (await table.latest())!;
        for (const d of days) {
          const files = snapshot.files.filter((f) => f.partitionValues.day === d);
          const sum = files.reduce((total, f) => total + f.stats.numRecords, 0);
          assert.equal(sum, rows.get(d));
        }
        written.push(snapshot);
        await table.idle();
      }
      const opened = new DeltaTable(store, path);
      assert.deepEqual(await opened.latest(), written.at(-1));
      for (const table of [opened, ...writers, new DeltaTable(store, path)]) {
        for (const snapshot of written) assert.deepEqual(await table.at(snapshot.version), snapshot);
      }
    };
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), fc.integer({ min: 1, max: 4 }), check),
      { numRuns: 15 },
    );
  });
});
