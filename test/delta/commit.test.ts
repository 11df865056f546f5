import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { after, before, beforeEach, describe, it } from 'node:test';
import { DeltaTable } from '../../engine/delta/table.ts';
import { CommitConflict, type CommitRequest, type Snapshot } from '../../engine/delta/types.ts';
import { localStore } from '../../engine/storage/local.ts';
import type { ObjectStore } from '../../engine/storage/object-store.ts';
import { file, metadata, request, temporaryStore } from './fixtures.ts';

let store: ObjectStore;
let tables = 0;
before(async () => {
  store = await temporaryStore();
});
after(() => rm(store.root, { recursive: true, force: true }));

const paths = (snapshot: Snapshot) => snapshot.files.map((f) => f.path);

describe('committing', () => {
  let table: DeltaTable;
  let base: Snapshot;
  beforeEach(async () => {
    table = new DeltaTable(store, `bronze/t${tables++}`);
    const first = await table.commit(
      request({ metadata, adds: [file('day=2025-07-01/a'), file('day=2025-07-02/b', '2025-07-02')] }),
    );
    base = first.snapshot;
  });

  it('starts with no table at all', async () => {
    const nothing = new DeltaTable(store, 'bronze/nothing');
    assert.equal(await nothing.latest(), null);
    assert.deepEqual(await nothing.commitsSince(-1), []);
    assert.deepEqual(await nothing.history(10), []);
    assert.equal(await nothing.versionAt(Date.now()), null);
    await assert.rejects(nothing.at(0), /does not exist/);
    await assert.rejects(nothing.commit(request({})), /needs metadata/);
  });

  it('adds and removes files, version by version', async () => {
    const result = await table.commit(
      request({
        base,
        reads: { kind: 'table' },
        removes: [base.files[0]!],
        adds: [file('c')],
        txns: { app: 7 },
        operation: 'OVERWRITE',
        info: { rows: 3 },
      }),
    );
    assert.equal(result.outcome === 'committed' && result.version, 1);
    for (const snapshot of [result.snapshot, await table.latest(), await new DeltaTable(store, table.path).latest()]) {
      assert.deepEqual(paths(snapshot!), ['day=2025-07-02/b', 'c']);
      assert.deepEqual(snapshot!.txns, new Map([['app', 7]]));
    }
    const [commit] = await new DeltaTable(store, table.path).commitsSince(0);
    assert.equal(commit!.operation, 'OVERWRITE');
    assert.deepEqual(commit!.info, { rows: 3 });
    assert.deepEqual(
      commit!.removes.map((f) => [f.path, f.partitionValues, f.dataChange]),
      [['day=2025-07-01/a', { day: '2025-07-01' }, true]],
    );
  });

  it('sees what another process commits', async () => {
    const other = new DeltaTable(store, table.path);
    for (let i = 0; i < 40; i++) await other.commit(request({ base, adds: [file(`other-${i}`)] }));
    assert.equal((await table.latest())!.version, 40);
    assert.equal((await table.latest())!.files.length, 42);
    assert.deepEqual(
      (await table.commitsSince(37)).map((c) => c.version),
      [38, 39, 40],
    );
    await other.idle();
  });

  it('returns the state right after the commit, so that it can be the next base', async () => {
    const results = await Promise.all(
      Array.from({ length: 10 }, (_, i) => table.commit(request({ base, adds: [file(`n${i}`)] }))),
    );
    for (const result of results) {
      assert.ok(result.outcome === 'committed');
      assert.equal(result.snapshot.version, result.version);
      assert.equal(result.snapshot.files.length, 2 + result.version);
    }
    await table.idle();
  });

  it('finds an earlier attempt by its identity and writes nothing', async () => {
    const attempt = request({ base, adds: [file('x')], txns: { stream: 4, 'x←y': 2 }, identity: 'stream' });
    assert.equal((await table.commit(attempt)).outcome, 'committed');
    const again = await new DeltaTable(store, table.path).commit({ ...attempt, adds: [file('x-again')] });
    assert.equal(again.outcome, 'already');
    assert.deepEqual(paths(again.snapshot).slice(2), ['x']);
    const older = await table.commit({ ...attempt, txns: { stream: 3 } });
    assert.equal(older.outcome, 'already');
    assert.equal(older.snapshot.version, 1);
    await assert.rejects(table.commit({ ...attempt, txns: {} }), /identity stream is not among its txns/);
  });

  it('finds an earlier attempt at making the table', async () => {
    const create = request({ metadata, txns: { create: 1 }, identity: 'create' });
    const path = 'bronze/made-twice';
    const outcomes = await Promise.all(
      [0, 1, 2].map(async () => (await new DeltaTable(store, path).commit(create)).outcome),
    );
    assert.deepEqual(outcomes.sort(), ['already', 'already', 'committed']);
    await assert.rejects(new DeltaTable(store, path).commit(request({ metadata })), CommitConflict);
  });

  const today = file('day=2025-07-01/new');
  const tomorrow = file('day=2025-07-02/new', '2025-07-02');
  const evolved = {
    ...metadata,
    columns: [...metadata.columns, { name: 'carbon', type: { kind: 'float64' }, nullable: true }] as const,
  };
  const append = { adds: [file('mine')] };
  const readsToday = { kind: 'partitions', partitions: [{ day: '2025-07-01' }] } as const;
  const rules: readonly [string, Partial<CommitRequest>, Partial<CommitRequest>, boolean][] = [
    ['blind append after an append', append, { adds: [today] }, false],
    ['blind append after an overwrite', append, { adds: [today], removes: [file('day=2025-07-01/a')] }, false],
    ['blind append after a schema change', append, { metadata: evolved }, true],
    ['schema change after an append', { metadata: evolved }, { adds: [today] }, true],
    ['same application id', { ...append, txns: { app: 2 } }, { txns: { app: 1 } }, true],
    ['other application id', { ...append, txns: { app: 2 } }, { txns: { other: 1 } }, false],
    ['table read, rows added', { reads: { kind: 'table' } }, { adds: [tomorrow] }, true],
    ['table read, rows removed', { reads: { kind: 'table' } }, { removes: [file('day=2025-07-01/a')] }, true],
    ['table read, no rows touched', { reads: { kind: 'table' } }, { txns: { other: 1 } }, false],
    ['partition read, rows added in it', { reads: readsToday }, { adds: [today] }, true],
    ['partition read, rows removed in it', { reads: readsToday }, { removes: [file('day=2025-07-01/a')] }, true],
    ['partition read, rows added elsewhere', { reads: readsToday }, { adds: [tomorrow] }, false],
    [
      'files read, compacted',
      { reads: readsToday },
      { dataChange: false, removes: [file('day=2025-07-01/a')], adds: [today] },
      false,
    ],
    [
      'files removed, compacted',
      { reads: readsToday, removes: [file('day=2025-07-01/a')] },
      { dataChange: false, removes: [file('day=2025-07-01/a')], adds: [today] },
      true,
    ],
    ['same file removed', { removes: [file('day=2025-07-01/a')] }, { removes: [file('day=2025-07-01/a')] }, true],
    ['same file added', { adds: [today] }, { adds: [today] }, true],
  ];
  for (const [name, mine, theirs, conflicts] of rules) {
    it(`${conflicts ? 'refuses' : 'allows'}: ${name}`, async () => {
      await new DeltaTable(store, table.path).commit(request({ base, ...theirs }));
      const attempt = table.commit(request({ base, ...mine }));
      if (!conflicts) {
        assert.equal((await attempt).snapshot.version, 2);
        return;
      }
      await assert.rejects(attempt, (error) => {
        assert.ok(error instanceof CommitConflict);
        assert.deepEqual(
          error.winners.map((w) => w.version),
          [1],
        );
        assert.equal(error.snapshot.version, 1);
        return true;
      });
      assert.equal((await table.latest())!.version, 1);
    });
  }

  it('tells the outcome of a write whose answer was lost', async () => {
    let failures = 0;
    const flaky: ObjectStore = {
      ...localStore(store.root),
      putIfAbsent: async (path, bytes) => {
        await store.putIfAbsent(path, bytes);
        failures++;
        throw new Error('connection reset');
      },
    };
    const result = await new DeltaTable(flaky, table.path).commit(request({ base, adds: [file('x')] }));
    assert.equal(result.outcome === 'committed' && result.version, 1);
    assert.equal(failures, 1);
  });

  it('recognizes its own file when the store says that somebody was first', async () => {
    const repeating: ObjectStore = {
      ...localStore(store.root),
      putIfAbsent: async (path, bytes) => {
        await store.putIfAbsent(path, bytes);
        return store.putIfAbsent(path, bytes);
      },
    };
    const result = await new DeltaTable(repeating, table.path).commit(request({ base, adds: [file('x')] }));
    assert.equal(result.outcome === 'committed' && result.version, 1);
    assert.equal((await table.latest())!.version, 1);
  });

  it('passes on the error of a write that did not happen', async () => {
    const full: ObjectStore = {
      ...localStore(store.root),
      putIfAbsent: () => Promise.reject(Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' })),
    };
    await assert.rejects(new DeltaTable(full, table.path).commit(request({ base })), { code: 'ENOSPC' });
    assert.equal((await table.latest())!.version, 0);
  });

  it('keeps commit times in the order of versions when the clock jumps back', async () => {
    let now = 5_000_000_000_000;
    const jumpy = new DeltaTable(store, table.path, { clock: () => now });
    await jumpy.commit(request({ base }));
    now = 1000;
    const { snapshot } = await jumpy.commit(request({ base }));
    assert.equal(snapshot.timestampMs, 5_000_000_000_001);
  });

  it('refuses what contradicts the table', async () => {
    const refuse = (change: Partial<CommitRequest>, message: RegExp) =>
      assert.rejects(table.commit(request({ base, ...change })), message);
    await refuse({ removes: [file('no-such')] }, /no-such is not a file of the table/);
    await refuse({ adds: [{ ...file('x'), partitionValues: {} }] }, /x has the partition values/);
    await refuse({ adds: [file('x'), file('x')] }, /named twice/);
    await refuse({ adds: [{ ...file('x'), modificationTime: 1.5 }] }, /modificationTime is not a whole number/);
    await refuse({ txns: { app: Number.NaN } }, /txn.version is not a whole number/);
    await refuse({ adds: [{ ...file('x'), stats: { numRecords: 1, minValues: { cost: '1,5' } } }] }, /numeric text/);
    await refuse({ base: { ...base, version: 9 } }, /version 9 was read but is not there/);
    assert.equal((await table.latest())!.version, 0);
  });

  it('evolves by nullable columns only', async () => {
    const change = (m: Partial<typeof metadata>) => table.commit(request({ base, metadata: { ...metadata, ...m } }));
    const [id, service, cost, ...rest] = metadata.columns;
    await assert.rejects(change({ columns: [id!, service!, ...rest] }), /column cost disappears/);
    await assert.rejects(
      change({ columns: [id!, service!, { ...cost!, type: { kind: 'float64' } }, ...rest] }),
      /cost changes from decimal\(18,6\) to double/,
    );
    await assert.rejects(
      change({ columns: [...metadata.columns, { name: 'n', type: { kind: 'bool' }, nullable: false }] }),
      /n is not nullable/,
    );
    await assert.rejects(change({ partitionColumns: [] }), /partition columns change/);
    const { snapshot } = await change({ columns: evolved.columns });
    const read = (await new DeltaTable(store, table.path).latest())!;
    assert.deepEqual(read.metadata, { ...metadata, columns: evolved.columns });
    assert.deepEqual(snapshot.metadata, read.metadata);
    // The same words again change nothing and so conflict with nobody.
    await table.commit(request({ base: read, adds: [file('x')] }));
    const same = await table.commit(request({ base: read, metadata: read.metadata, adds: [file('y')] }));
    assert.equal((await table.history(1))[0]!.metadata, null);
    assert.equal(same.snapshot.version, 3);
  });

  it('reads older versions and times', async () => {
    let now = 1000;
    const timed = new DeltaTable(store, 'bronze/timed', { clock: () => (now += 1000) });
    await timed.commit(request({ metadata, adds: [file('0')] }));
    for (let i = 1; i <= 25; i++) {
      const last = (await timed.latest())!;
      await timed.commit(request({ base: last, removes: last.files, adds: [file(`${i}`)] }));
    }
    await timed.idle();
    for (const reader of [timed, new DeltaTable(store, 'bronze/timed')]) {
      for (const version of [3, 0, 25, 17, 9, 10]) {
        const snapshot = await reader.at(version);
        assert.equal(snapshot.version, version);
        assert.deepEqual(paths(snapshot), [`${version}`]);
        assert.equal(snapshot.timestampMs, 2000 + version * 1000);
      }
      await assert.rejects(reader.at(26), /no version 26/);
      await assert.rejects(reader.at(-1), /no version -1/);
      assert.equal(await reader.versionAt(1999), null);
      assert.equal(await reader.versionAt(2000), 0);
      assert.equal(await reader.versionAt(6500), 4);
      assert.equal(await reader.versionAt(1e9), 25);
      assert.deepEqual(
        (await reader.history(3)).map((c) => c.version),
        [25, 24, 23],
      );
    }
  });
});
