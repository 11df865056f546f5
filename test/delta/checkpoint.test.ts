import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { actionsIn, checkpointTable } from '../../engine/delta/checkpoint-rows.ts';
import { DeltaTable } from '../../engine/delta/table.ts';
import type { AddFile, Snapshot } from '../../engine/delta/types.ts';
import { decodeTable, encodeTable } from '../../engine/parquet/codec.ts';
import { localStore } from '../../engine/storage/local.ts';
import { ObjectNotFound, type ObjectStore } from '../../engine/storage/object-store.ts';
import { file, metadata, request, temporaryStore } from './fixtures.ts';

const rich: AddFile = {
  ...file('day=2025-07-01/ä b%=.parquet'),
  stats: {
    numRecords: 5,
    minValues: { event_id: 'a"\\ü', cost: '-0.000001', sequence: '-9223372036854775808', count: 1, day: '2025-07-01' },
    maxValues: { event_id: 'z', cost: '123456789012.345678', sequence: '9223372036854775807', count: 2, day: null },
    nullCount: { event_id: 0, cost: 3 },
  },
  tags: { sorted: 'yes', hash: 'é' },
};

describe('checkpoints', () => {
  let store: ObjectStore;
  let table: DeltaTable;
  let newest: Snapshot;
  const log = 'gold/t/_delta_log';
  before(async () => {
    store = await temporaryStore();
    table = new DeltaTable(store, 'gold/t', { onCheckpointError: (error) => assert.fail(String(error)) });
    let base = (
      await table.commit(
        request({ metadata: { ...metadata, configuration: { 'cpa.rules': '3' } }, adds: [rich], txns: { 'a←b': 1 } }),
      )
    ).snapshot;
    for (let i = 1; i <= 24; i++) {
      const adds = [file(`f${i}`, i % 5 === 0 ? '2025-07-02' : '2025-07-01', i)];
      const removes = base.files.filter((f) => f.path === `f${i - 3}`);
      base = (await table.commit(request({ base, adds, removes, txns: { stream: i } }))).snapshot;
      await table.idle();
    }
    newest = base;
  });
  after(() => rm(store.root, { recursive: true, force: true }));

  it('are written every ten commits, with the hint', async () => {
    const names = (await store.list(log)).map((f) => f.path.slice(log.length + 1));
    assert.deepEqual(
      names.filter((name) => !name.endsWith('.json')),
      ['00000000000000000009.checkpoint.parquet', '00000000000000000019.checkpoint.parquet', '_last_checkpoint'],
    );
    const hint = JSON.parse(await readFile(join(store.root, log, '_last_checkpoint'), 'utf8'));
    assert.equal(hint.version, 19);
    // rich and the three youngest files; 16 removed ones; two application ids; protocol and metadata.
    assert.deepEqual([hint.size, hint.numOfAddFiles], [24, 4]);
  });

  it('give the state that the log gives', async () => {
    const read: string[] = [];
    const watched: ObjectStore = {
      ...localStore(store.root),
      get: (path) => {
        read.push(path.slice(log.length + 1));
        return store.get(path);
      },
      blob: (path) => {
        read.push(path.slice(log.length + 1));
        return store.blob(path);
      },
    };
    assert.deepEqual(await new DeltaTable(watched, 'gold/t').latest(), newest);
    // The hint, the checkpoint, its version's commit for the time, and the commits after it.
    assert.deepEqual(read.length, 3 + 5, String(read));
    assert.deepEqual(newest.files[0], rich);
    for (const version of [9, 10, 19]) {
      assert.deepEqual(await new DeltaTable(store, 'gold/t').at(version), await replayed(version));
    }
  });

  /** The state at a version as a reader sees it who finds no checkpoints. */
  async function replayed(version: number): Promise<Snapshot> {
    const without: ObjectStore = {
      ...localStore(store.root),
      list: async (prefix, after) => (await store.list(prefix, after)).filter((f) => f.path.endsWith('.json')),
      get: (path) => (path.endsWith('.json') ? store.get(path) : Promise.reject(new ObjectNotFound(path))),
    };
    return new DeltaTable(without, 'gold/t').at(version);
  }

  it('are passed over when damaged, missing, or wrongly hinted at', async () => {
    const damaged = async (change: (path: string) => Promise<Uint8Array> | null) => {
      const faulty: ObjectStore = {
        ...localStore(store.root),
        get: (path) => change(path) ?? store.get(path),
        blob: async (path) => new Blob([(await (change(path) ?? store.get(path))) as Uint8Array<ArrayBuffer>]),
      };
      assert.deepEqual(await new DeltaTable(faulty, 'gold/t').latest(), newest);
    };
    const bytes = (text: string) => Promise.resolve(new TextEncoder().encode(text));
    await damaged((path) => (path.endsWith('19.checkpoint.parquet') ? bytes('PAR1 nonsense') : null));
    await damaged((path) => (path.endsWith('.parquet') ? Promise.reject(new ObjectNotFound(path)) : null));
    await damaged((path) => (path.endsWith('_last_checkpoint') ? bytes('{"version":') : null));
    await damaged((path) => (path.endsWith('_last_checkpoint') ? bytes('{"version":999}') : null));
    await damaged((path) => (path.endsWith('_last_checkpoint') ? bytes('{"version":9}') : null));
  });

  it('stand in for commits that were cleaned away', async () => {
    const copy = await temporaryStore();
    for (const { path } of await store.list(log)) {
      if (Number(/(\d{20})\.json$/.exec(path)?.[1] ?? 99) >= 19) await copy.put(path, await store.get(path));
    }
    const cleaned = new DeltaTable(copy, 'gold/t');
    assert.deepEqual(await cleaned.latest(), newest);
    assert.equal((await cleaned.commitsSince(18)).length, 6);
    await assert.rejects(cleaned.commitsSince(10), /11\.json is missing/);
    await assert.rejects(cleaned.at(12), /missing/);
    assert.equal(await cleaned.versionAt(newest.timestampMs), 24);
    await rm(copy.root, { recursive: true });
  });

  it('leave a commit valid when they cannot be written', async () => {
    const errors: unknown[] = [];
    const noPut: ObjectStore = { ...localStore(store.root), put: () => Promise.reject(new Error('ENOSPC')) };
    const other = new DeltaTable(noPut, 'gold/other', { onCheckpointError: (error) => errors.push(error) });
    let base = (await other.commit(request({ metadata }))).snapshot;
    for (let i = 1; i <= 9; i++) base = (await other.commit(request({ base }))).snapshot;
    await other.idle();
    assert.equal(base.version, 9);
    assert.equal(errors.length, 1);
  });

  it('read the same in another Parquet reader', async () => {
    const duckdb = await DuckDBInstance.create();
    const connection = await duckdb.connect();
    const path = join(store.root, log, '00000000000000000019.checkpoint.parquet');
    const rows = await connection.runAndReadAll(
      `select "add".path p, "add".partitionValues['day'] d, "add".tags['hash'] h, "add".size s,
         "add".stats->>'numRecords' r from read_parquet('${path}') where "add" is not null order by p`,
    );
    assert.deepEqual(rows.getRowObjectsJson(), [
      { p: 'day=2025-07-01/%C3%A4%20b%25=.parquet', d: '2025-07-01', h: 'é', s: '1000', r: '5' },
      { p: 'f17', d: '2025-07-01', h: null, s: '1000', r: '17' },
      { p: 'f18', d: '2025-07-01', h: null, s: '1000', r: '18' },
      { p: 'f19', d: '2025-07-01', h: null, s: '1000', r: '19' },
    ]);
    const other = await connection.runAndReadAll(
      `select max(protocol.minWriterVersion) w, max(metaData.partitionColumns[1]) c, max(txn.version) t,
         count(remove.path) removes, count(*) total, max(metaData.configuration['cpa.rules']) k
       from read_parquet('${path}')`,
    );
    assert.deepEqual(other.getRowObjectsJson(), [{ w: 2, c: 'day', t: '19', removes: '16', total: '24', k: '3' }]);
    connection.closeSync();
    duckdb.closeSync();
  });

  it('hold more rows than one batch of the Parquet reader', async () => {
    const count = 20_000;
    const range = Array.from({ length: count }, (_, i) => i);
    const rows = {
      protocol: { minReaderVersion: 1, minWriterVersion: 2 },
      metaData: {
        id: 'x',
        name: '',
        description: '',
        format: { provider: 'parquet', options: {} },
        schemaString: '{}',
        partitionColumns: [],
        configuration: {},
        createdTime: 1,
      },
      txn: { appId: [], version: [] },
      add: {
        path: range.map((i) => `day=2025-07-01/part-${i}.parquet`),
        partitionValues: range.map((i) => ({ day: i % 100 === 0 ? null : '2025-07-01' })),
        size: range,
        modificationTime: range,
        dataChange: range.map((i) => i % 3 === 0),
        stats: range.map((i) => `{"numRecords":${i}}`),
        tags: range.map((i) => (i % 2 === 0 ? null : { n: String(i) })),
      },
      remove: { path: [], deletionTimestamp: [], dataChange: [], partitionValues: [], size: [] },
    };
    const adds = actionsIn(
      await decodeTable(new Blob([encodeTable(checkpointTable(rows)) as Uint8Array<ArrayBuffer>])),
      'add',
    );
    assert.equal(adds.length, count);
    for (const i of [0, 1, 100, 12_345, count - 1]) {
      const { tags, ...rest } = adds[i]!;
      assert.deepEqual(rest, {
        path: `day=2025-07-01/part-${i}.parquet`,
        partitionValues: { day: i % 100 === 0 ? null : '2025-07-01' },
        size: i,
        modificationTime: i,
        dataChange: i % 3 === 0,
        stats: `{"numRecords":${i}}`,
      });
      assert.deepEqual(tags, i % 2 === 0 ? undefined : { n: String(i) });
    }
  });
});
