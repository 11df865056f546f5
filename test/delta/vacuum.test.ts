import assert from 'node:assert/strict';
import { rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { DeltaTable } from '../../engine/delta/table.ts';
import type { AddFile } from '../../engine/delta/types.ts';
import { vacuum } from '../../engine/delta/vacuum.ts';
import type { ObjectStore } from '../../engine/storage/object-store.ts';
import { file, metadata, request, temporaryStore } from './fixtures.ts';

const hour = 3_600_000;

describe('vacuum', () => {
  let store: ObjectStore;
  let table: DeltaTable;
  let now = 0;
  before(async () => {
    store = await temporaryStore();
    table = new DeltaTable(store, 'silver/t', { clock: () => now });
    // An overwrite of one file every hour: version n holds file n and was committed at n hours.
    for (let version = 0; version < 10; version++) {
      now = version * hour;
      const base = await table.latest();
      await table.commit(
        request({ base, metadata, adds: [await written(`${version}`, now)], removes: base?.files ?? [] }),
      );
    }
    await written('orphan-old', 2 * hour);
    await written('orphan-new', 8.5 * hour);
    await written('_change_data/x', 0);
  });
  after(() => rm(store.root, { recursive: true, force: true }));

  async function written(path: string, atMs: number): Promise<AddFile> {
    await store.put(`${table.path}/${path}`, new Uint8Array(10));
    await utimes(join(store.root, table.path, path), atMs / 1000, atMs / 1000);
    return file(path);
  }
  const left = async () =>
    (await store.list(table.path))
      .map((f) => f.path.slice(table.path.length + 1))
      .filter((path) => !path.startsWith('_delta_log'));

  it('names what it would remove and removes nothing when it is a dry run', async () => {
    const before = await left();
    const found = await vacuum(table, 9 * hour, { retentionMs: 2 * hour, keepVersions: [3], dryRun: true });
    // Version 7 was current until two hours ago; everything before it is out of retention, but 3 is kept.
    assert.deepEqual(
      found.files.map((f) => f.path),
      ['0', '1', '2', '4', '5', '6', 'orphan-old'],
    );
    assert.equal(found.bytes, 70);
    assert.deepEqual(await left(), before);
  });

  it('touches nothing when a version to keep does not exist', async () => {
    const before = await left();
    const options = { retentionMs: 0, keepVersions: [77], dryRun: false };
    await assert.rejects(vacuum(table, 9 * hour, options), /no version 77/);
    assert.deepEqual(await left(), before);
  });

  it('keeps the newest version, kept versions, versions in retention, young orphans and _ folders', async () => {
    await vacuum(table, 9 * hour, { retentionMs: 2 * hour, keepVersions: [3, 5], dryRun: false });
    assert.deepEqual(await left(), ['3', '5', '7', '8', '9', '_change_data/x', 'orphan-new']);
    for (const version of [3, 5, 7, 8, 9]) {
      for (const { path } of (await table.at(version)).files) await store.get(`${table.path}/${path}`);
    }
    const again = await vacuum(table, 9 * hour, { retentionMs: 2 * hour, keepVersions: [3, 5], dryRun: false });
    assert.deepEqual(again, { files: [], bytes: 0 });
  });

  it('removes files that were compacted away sooner than files whose rows are gone', async () => {
    now = 10 * hour;
    let base = (await table.latest())!;
    const small = [await written('s1', now), await written('s2', now)];
    base = (await table.commit(request({ base, adds: small }))).snapshot;
    now = 11 * hour;
    const compaction = request({ base, dataChange: false, removes: small, adds: [await written('big', now)] });
    base = (await table.commit(compaction)).snapshot;
    const options = { retentionMs: 100 * hour, compactedRetentionMs: hour, keepVersions: [10], dryRun: true };
    assert.deepEqual((await vacuum(table, 12.5 * hour, options)).files, []);
    assert.deepEqual(
      (await vacuum(table, 12.5 * hour, { ...options, keepVersions: [] })).files.map((f) => f.path),
      ['s1', 's2'],
    );
    assert.deepEqual((await vacuum(table, 11.5 * hour, { ...options, keepVersions: [] })).files, []);

    now = 11.1 * hour;
    base = (await table.commit(request({ base, adds: small }))).snapshot;
    await table.commit(request({ base, removes: small }));
    assert.deepEqual((await vacuum(table, 12.5 * hour, { ...options, keepVersions: [] })).files, []);
  });

  it('keeps files that somebody is yet to read by way of their commits, compacted or not', async () => {
    now = 20 * hour;
    let base = (await table.latest())!;
    const small = [await written('f1', now), await written('f2', now)];
    for (const adds of small.map((f) => [f])) base = (await table.commit(request({ base, adds }))).snapshot;
    const read = base.version - 1;
    now = 21 * hour;
    const big = await written('f', now);
    await table.commit(request({ base, dataChange: false, removes: small, adds: [big] }));
    const options = { retentionMs: 100 * hour, compactedRetentionMs: hour, keepVersions: [], dryRun: true };
    const removed = async (isFollowed: (file: AddFile, version: number) => boolean) =>
      (await vacuum(table, 22.5 * hour, { ...options, isFollowed })).files.map((f) => f.path);
    assert.deepEqual(await removed((_, version) => version > read), ['f1']);
    assert.deepEqual(await removed((file) => file.path === 'f1'), ['f2']);
  });
});
