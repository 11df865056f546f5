import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compact } from '../../engine/delta/compact.ts';
import { Lake } from '../../engine/delta/lake.ts';
import { publications } from '../../schemas/ops.ts';
import {
  closePublication,
  openPublication,
  type Publication,
  type PublicationLog,
  publishedSpeedVersions,
  publishedVersions,
  readPublications,
} from '../../serving/publication-log.ts';
import { mismatchOf } from '../../serving/publication-state.ts';
import { temporaryLake } from './lakes.ts';

const none = { written: 0, deleted: 0 };

async function open(lake: Lake, mart: string, version: number): Promise<Publication> {
  for (;;) {
    const opened = await openPublication(
      lake,
      await readPublications(lake, mart),
      { mart, version, speedVersion: null, rebuild: false },
      'run',
    );
    if (opened !== null) return opened.publication;
  }
}

test('numbers rise whatever the clock does, and are not below it', async (t) => {
  const { lake } = temporaryLake(t);
  let nowMs = 1000;
  const clocked = new Lake(lake.store, () => nowMs);
  assert.equal((await open(clocked, 'gold.a', 0)).number, 1_000_000);
  nowMs = 500;
  assert.equal((await open(clocked, 'gold.b', 0)).number, 1_000_001);
  nowMs = 2000;
  assert.equal((await open(clocked, 'gold.a', 1)).number, 2_000_000);
});

test('the last closed publications and those opened since are found in a long log of many marts', async (t) => {
  const { lake, reopen } = temporaryLake(t);
  const kept: Publication[] = [];
  for (let round = 0; round < 12; round++) {
    for (const mart of ['gold.a', 'gold.b', 'gold.c']) {
      const publication = await open(lake, mart, round);
      if (mart === 'gold.a') kept.push(publication);
      // Every fourth of them is never closed.
      if ((round + (mart === 'gold.b' ? 2 : 0)) % 4 !== 3) await closePublication(lake, publication, none, 'run');
    }
  }
  const log = await readPublications(reopen(), 'gold.a');
  assert.deepEqual(log.closed, [kept[10], kept[9]]);
  assert.deepEqual(log.open, [kept[11]]);
  assert.deepEqual(publishedVersions(log), [10, 9, 11]);
  const other = await readPublications(lake, 'gold.b');
  assert.deepEqual([other.closed.map((p) => p.version), other.open], [[11, 10], []]);
  assert.equal(other.lastNumber, log.lastNumber);
  assert.equal(other.lakeId, log.lakeId);

  // Closed late, after a later one: it is not the last.
  await closePublication(lake, kept[3] ?? assert.fail(), none, 'run');
  assert.deepEqual((await readPublications(lake, 'gold.a')).closed, [kept[10], kept[9]]);
});

test('a compacted log says the same, to whoever knew it before and to whoever opens it', async (t) => {
  const { lake, reopen } = temporaryLake(t);
  const compacting = reopen().table(publications.name);
  const marts = ['gold.a', 'gold.b', 'gold.c'];
  await closePublication(lake, await open(lake, 'gold.rare', 7), none, 'run');
  const unclosed = await open(lake, 'gold.rare', 8);
  for (let round = 0; round < 12; round++) {
    for (const mart of marts) {
      const publication = await open(lake, mart, round);
      if ((round + marts.indexOf(mart)) % 4 !== 3) await closePublication(lake, publication, none, 'run');
    }
    const read = (from: Lake) => Promise.all([...marts, 'gold.rare'].map((mart) => readPublications(from, mart)));
    const withoutSnapshot = (logs: readonly PublicationLog[]) => logs.map(({ snapshot: _, ...log }) => log);
    const before = withoutSnapshot(await read(lake));
    const done = await compact(compacting, { minFiles: 3, targetBytes: 1 << 20, maxGroups: 2, nowMs: 0 });
    assert.ok(round === 0 || done.filesRemoved > 0);
    assert.deepEqual(withoutSnapshot(await read(lake)), before);
    assert.deepEqual(withoutSnapshot(await read(reopen())), before);
  }
  const rare = await readPublications(lake, 'gold.rare');
  assert.deepEqual([rare.closed.map((p) => p.version), rare.open], [[7], [unclosed]]);
  assert.ok(rare.snapshot !== null && rare.snapshot.files.length < 12);
});

test('compaction is in nobody’s way who opens a publication on the state before it', async (t) => {
  const { lake } = temporaryLake(t);
  for (let version = 0; version < 4; version++) await open(lake, 'gold.a', version);
  const log = await readPublications(lake, 'gold.a');
  const done = await compact(lake.table(publications.name), { minFiles: 2, targetBytes: 1 << 20, nowMs: 0 });
  assert.equal(done.filesRemoved, 4);
  const opened = await openPublication(
    lake,
    log,
    { mart: 'gold.a', version: 4, speedVersion: null, rebuild: false },
    'run',
  );
  assert.ok(opened !== null);
  await closePublication(lake, opened.publication, none, 'run');
  assert.deepEqual((await readPublications(lake, 'gold.a')).closed, [opened.publication]);
});

test('of two that open a publication of one mart on the same state, one has to look again', async (t) => {
  const { lake, reopen } = temporaryLake(t);
  const ask = { mart: 'gold.a', version: 0, speedVersion: null, rebuild: false };
  for (let round = 0; round < 3; round++) {
    const lakes = [lake, reopen(), reopen()];
    const logs = await Promise.all(lakes.map((l) => readPublications(l, 'gold.a')));
    const opened = await Promise.all(lakes.map((l, i) => openPublication(l, logs[i] ?? assert.fail(), ask, 'run')));
    assert.equal(opened.filter((o) => o !== null).length, 1);
  }
  // Other marts are in nobody's way.
  const log = await readPublications(lake, 'gold.b');
  await open(reopen(), 'gold.c', 0);
  assert.notEqual(await openPublication(lake, log, { ...ask, mart: 'gold.b' }, 'run'), null);
});

test('versions are kept of the mart and of its increments, as far as there are any', async (t) => {
  const { lake } = temporaryLake(t);
  for (const [version, speedVersion] of [
    [-1, 0],
    [-1, 3],
    [2, 3],
    [2, null],
  ] as const) {
    const log = await readPublications(lake, 'gold.a');
    const ask = { mart: 'gold.a', version, speedVersion, rebuild: false };
    const { publication } = (await openPublication(lake, log, ask, 'run'))!;
    if (version < 0) await closePublication(lake, publication, none, 'run');
  }
  const log = await readPublications(lake, 'gold.a');
  assert.deepEqual([publishedVersions(log), publishedSpeedVersions(log)], [[2], [3, 0]]);
});

test('the lake keeps its id, and gets one when the table was made without', async (t) => {
  const one = temporaryLake(t).lake;
  await open(one, 'gold.a', 0);
  const { lakeId } = await readPublications(one, 'gold.a');
  assert.match(String(lakeId), /^[0-9a-f-]{36}$/);
  await open(one, 'gold.a', 1);
  assert.equal((await readPublications(one, 'gold.b')).lakeId, lakeId);

  const two = temporaryLake(t).lake;
  await two.table(publications.name).commit({
    base: null,
    reads: { kind: 'nothing' },
    adds: [],
    removes: [],
    txns: {},
    metadata: {
      name: publications.name,
      description: '',
      columns: publications.fields,
      partitionColumns: [],
      configuration: {},
    },
    dataChange: false,
    operation: 'CREATE TABLE',
    info: {},
  });
  assert.equal((await readPublications(two, 'gold.a')).lakeId, null);
  await open(two, 'gold.a', 0);
  const later = (await readPublications(two, 'gold.a')).lakeId;
  assert.ok(later !== null && later !== lakeId);
});

test('what Cassandra holds must be the last closed publication or one opened since', async (t) => {
  const { lake } = temporaryLake(t);
  const empty = await readPublications(lake, 'gold.a');
  assert.equal(mismatchOf('gold.a', empty, new Map(), 'here'), null);
  const closed = await open(lake, 'gold.a', 0);
  await closePublication(lake, closed, none, 'run');
  const opened = await open(lake, 'gold.a', 1);
  const log = await readPublications(lake, 'gold.a');
  const held = (number: number, lakeId = String(log.lakeId), mart = 'gold.a') =>
    mismatchOf('gold.a', log, new Map([[mart, { lakeId, number, version: 7 }]]), 'here');
  assert.equal(held(closed.number), null);
  assert.equal(held(opened.number), null);
  assert.match(
    String(held(closed.number - 1)),
    /has closed publication \d+ \(version 0\), but here holds publication \d+ \(version 7\) of the lake .*; run rebuild/,
  );
  assert.match(String(held(opened.number + 1)), /run rebuild/);
  assert.match(String(held(closed.number, 'another')), /of the lake another; run rebuild/);
  assert.match(String(held(closed.number, String(log.lakeId), 'gold.b')), /here holds none; run rebuild/);
  assert.match(
    String(mismatchOf('gold.a', empty, new Map([['gold.b', { lakeId: 'x', number: 1, version: 0 }]]), 'here')),
    /without an id yet/,
  );
});
