import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { decodePath, encodePath } from '../../engine/delta/paths.ts';
import { parseSchemaString, schemaString } from '../../engine/delta/schema.ts';
import { encodeStats, parseStats } from '../../engine/delta/stats-json.ts';
import { DeltaTable } from '../../engine/delta/table.ts';
import type { FileStats } from '../../engine/delta/types.ts';
import type { ObjectStore } from '../../engine/storage/object-store.ts';
import { file, metadata, request, temporaryStore } from './fixtures.ts';

/** The repository: tests run from the compiled copy in a folder below it. */
const repository = pathToFileURL(`${process.cwd()}/`);

describe('the log on disk', () => {
  let store: ObjectStore;
  before(async () => {
    store = await temporaryStore();
  });
  after(() => rm(store.root, { recursive: true, force: true }));
  const put = (path: string, lines: readonly unknown[]) =>
    store.put(path, new TextEncoder().encode(lines.map((line) => JSON.stringify(line)).join('\n')));

  it('is the protocol, byte for byte', async () => {
    let ids = 0;
    const table = new DeltaTable(store, 'bronze/golden', {
      clock: () => 1_751_328_000_000,
      newId: () => `00000000-0000-4000-8000-${String(++ids).padStart(12, '0')}`,
    });
    const add = {
      ...file('day=2025-07-01/part 0.parquet'),
      stats: {
        numRecords: 2,
        minValues: { event_id: 'a', cost: '0.000001', sequence: '9007199254740993' },
        maxValues: { event_id: 'b', cost: '12.500000', sequence: '9007199254740993' },
        nullCount: { event_id: 0, cost: 1 },
      },
      tags: { rows: 'sorted' },
    };
    const create = request({ metadata, adds: [add], txns: { stream: 0 }, operation: 'APPEND', info: { read: 2 } });
    const { snapshot } = await table.commit(create);
    await table.commit(
      request({ base: snapshot, reads: { kind: 'table' }, removes: [add], dataChange: false, operation: 'COMPACT' }),
    );
    for (const name of ['00000000000000000000.json', '00000000000000000001.json']) {
      const written = await readFile(join(store.root, 'bronze/golden/_delta_log', name), 'utf8');
      assert.equal(written, await readFile(new URL(`test/delta/golden/${name}l`, repository), 'utf8'));
    }
    // Nothing but the two commits: temporary files are gone.
    assert.equal((await store.list('bronze/golden')).length, 2);
  });

  it('is read when others have written it', async () => {
    const schema = { type: 'struct', fields: [{ name: 'x', type: 'long', nullable: true, metadata: {} }] };
    await put('bronze/foreign/_delta_log/00000000000000000000.json', [
      { protocol: { minReaderVersion: 1, minWriterVersion: 2, somethingNew: [] } },
      {
        metaData: {
          id: 'i',
          name: null,
          format: { provider: 'parquet', options: {} },
          schemaString: JSON.stringify(schema),
          partitionColumns: [],
          configuration: {},
          createdTime: null,
        },
      },
      { add: { path: 'a%20b', partitionValues: {}, size: 1, modificationTime: 1, dataChange: true, stats: null } },
      { add: { path: 'c', partitionValues: {}, size: 1, modificationTime: 1, dataChange: true } },
      { domainMetadata: { domain: 'x', configuration: '', removed: false } },
    ]);
    await put('bronze/foreign/_delta_log/00000000000000000001.json', [
      { remove: { path: 'c', dataChange: true } },
      { cdc: { path: '_change_data/x', partitionValues: {}, size: 1, dataChange: false } },
    ]);
    await store.put('bronze/foreign/_delta_log/00000000000000000000.crc', new Uint8Array(3));
    const table = new DeltaTable(store, 'bronze/foreign');
    const snapshot = (await table.latest())!;
    assert.equal(snapshot.version, 1);
    assert.deepEqual(
      snapshot.files.map((f) => [f.path, f.stats]),
      [['a b', { numRecords: Number.NaN }]],
    );
    const [first, second] = await table.commitsSince(-1);
    assert.equal(first!.operation, 'UNKNOWN');
    assert.ok(Math.abs(first!.timestampMs - Date.now()) < 60_000);
    assert.deepEqual(second!.removes[0]!.partitionValues, {});
    assert.equal(
      (await table.commit(request({ base: snapshot, adds: [{ ...file('d'), partitionValues: {} }] }))).outcome,
      'committed',
    );
  });

  it('is refused when it needs what this reader or writer cannot do', async () => {
    const metaData = {
      id: 'i',
      schemaString: schemaString(metadata.columns),
      partitionColumns: ['day'],
    };
    await put('bronze/reader3/_delta_log/00000000000000000000.json', [
      { protocol: { minReaderVersion: 3, minWriterVersion: 7 } },
      { metaData },
    ]);
    await assert.rejects(new DeltaTable(store, 'bronze/reader3').latest(), /needs reader version 3/);
    await put('bronze/writer7/_delta_log/00000000000000000000.json', [
      { protocol: { minReaderVersion: 1, minWriterVersion: 7 } },
      { metaData },
    ]);
    const table = new DeltaTable(store, 'bronze/writer7');
    await assert.rejects(table.commit(request({ base: await table.latest() })), /needs writer version 7/);
    await put('bronze/appends/_delta_log/00000000000000000000.json', [
      { protocol: { minReaderVersion: 1, minWriterVersion: 2 } },
      { metaData: { ...metaData, configuration: { 'delta.appendOnly': 'true' } } },
      { add: { path: 'a', partitionValues: { day: '' }, size: 1, modificationTime: 1, dataChange: true } },
    ]);
    const appends = new DeltaTable(store, 'bronze/appends');
    const base = (await appends.latest())!;
    assert.deepEqual(base.files[0]!.partitionValues, { day: null });
    await assert.rejects(appends.commit(request({ base, removes: base.files })), /appends only/);
    await appends.commit(request({ base, removes: base.files, dataChange: false }));
  });

  it('names version and line of a damaged commit', async () => {
    await store.put(
      'bronze/broken/_delta_log/00000000000000000000.json',
      new TextEncoder().encode('{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}\n{"add":'),
    );
    await assert.rejects(new DeltaTable(store, 'bronze/broken').latest(), /version 0, line 2/);
  });

  it('keeps every column type through the schema string', () => {
    const columns = [
      ...metadata.columns,
      { name: 'b', type: { kind: 'binary' }, nullable: true },
      { name: 'f', type: { kind: 'float64' }, nullable: true },
      { name: 'o', type: { kind: 'bool' }, nullable: false },
      { name: 'm', type: { kind: 'decimal', precision: 38, scale: 12 }, nullable: true },
    ] as const;
    assert.deepEqual(parseSchemaString(schemaString(columns)), columns);
    const text = '{"type":"struct","fields":[{"name":"x","type":{"type":"array"},"nullable":true}]}';
    assert.throws(() => parseSchemaString(text), /column x has the unsupported type/);
  });

  it('keeps paths and exact statistics', () => {
    for (const path of ['a', 'day=2025-07-01/ä b%.parquet', 'k=a%2Fb/x+y#z?', "org='q'/:"]) {
      assert.equal(decodePath(encodePath(path)), path);
      assert.match(encodePath(path), /^[\w%=./'!()*~-]+$/);
    }
    const stats: FileStats = {
      numRecords: 9,
      minValues: {
        event_id: 'say "12" \\',
        cost: '-99999999999999999.999999',
        sequence: '-1',
        count: -4,
        day: '2025-07-01',
      },
      maxValues: { event_id: '1e5', cost: '0.100000', sequence: '9223372036854775807', count: 4, at: null },
      nullCount: { cost: 0, sequence: 9 },
    };
    const text = encodeStats(stats, metadata.columns);
    assert.match(text, /"cost":-99999999999999999\.999999,"sequence":-1,"count":-4/);
    assert.deepEqual(parseStats(text, metadata.columns), stats);
    // Parsed when asked for; a copy for another thread has everything.
    assert.deepEqual(structuredClone(parseStats(text, metadata.columns)), stats);
    assert.deepEqual({ ...parseStats(text, metadata.columns) }, stats);
    const odd = { numRecords: 2, minValues: { event_id: '},"maxValues":{},"nullCount":{' } };
    assert.deepEqual(parseStats(encodeStats(odd, metadata.columns), metadata.columns).minValues, odd.minValues);
    assert.deepEqual(parseStats('', metadata.columns), { numRecords: Number.NaN });
    assert.throws(
      () => encodeStats({ numRecords: 1, minValues: { cost: '1,5' } }, metadata.columns),
      /cost: "1,5" is not numeric text/,
    );
  });
});
