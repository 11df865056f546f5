import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { DeltaLog } from '../../engine/delta/log.ts';
import { DeltaTable } from '../../engine/delta/table.ts';
import { localStore } from '../../engine/storage/local.ts';
import type { ObjectStore } from '../../engine/storage/object-store.ts';
import { file, metadata, request, temporaryStore } from './fixtures.ts';

describe('a table with many commits', () => {
  const commits = 620;
  let store: ObjectStore;
  before(async () => {
    store = await temporaryStore();
    const table = new DeltaTable(store, 't', { checkpointInterval: 50 });
    let base = (await table.commit(request({ metadata }))).snapshot;
    for (let i = 1; i < commits; i++) {
      // Of all files only the newest five stay.
      const removes = base.files.length < 5 ? [] : base.files.slice(0, 1);
      base = (await table.commit(request({ base, adds: [file(`f${i}`)], removes, txns: { stream: i } }))).snapshot;
    }
    await table.idle();
  });
  after(() => rm(store.root, { recursive: true, force: true }));

  it('is opened, read and written without a look at the whole log', async () => {
    const { watched, calls } = watch();
    const table = new DeltaTable(watched, 't');
    const snapshot = await table.latest();
    assert.deepEqual([snapshot?.version, snapshot?.files.length], [commits - 1, 5]);
    await table.history(8);
    await table.commitsSince(commits - 9);
    await table.at(commits - 5);
    assert.equal(calls.list, 0);
    assert.ok(calls.get + calls.head < 75, JSON.stringify(calls));
  });

  it('is followed by others in as few questions, whether they are a commit behind or a thousand', async () => {
    const { watched, calls } = watch();
    const follower = new DeltaTable(watched, 't');
    const writer = new DeltaTable(store, 't', { checkpointInterval: 50 });
    let base = (await follower.latest())!;
    for (const news of [1, 20, 200]) {
      for (let i = 0; i < news; i++)
        base = (await writer.commit(request({ base, adds: [file(`${news}-${i}`)] }))).snapshot;
      await writer.idle();
      Object.assign(calls, { get: 0, head: 0, list: 0 });
      assert.deepEqual(await follower.latest(), await writer.latest());
      assert.equal(calls.list, 0);
      assert.ok(calls.get + calls.head <= Math.min(news, 50) + 40, `${news} commits: ${JSON.stringify(calls)}`);
      Object.assign(calls, { get: 0, head: 0, list: 0 });
      await follower.latest();
      assert.deepEqual(calls, { get: 1, head: 0, list: 0 });
    }
  });

  it('gives the versions that were the newest a while ago from memory', async () => {
    const { watched, calls } = watch();
    const table = new DeltaTable(watched, 't');
    let base = (await table.latest())!;
    const pinned = base;
    for (let i = 0; i < 20; i++) base = (await table.commit(request({ base, adds: [file(`pin-${i}`)] }))).snapshot;
    await table.idle();
    Object.assign(calls, { get: 0, head: 0, list: 0 });
    assert.equal(await table.at(pinned.version), pinned);
    assert.equal(pinned.files.includes(base.files.at(-1)!), false);
    assert.deepEqual(calls, { get: 0, head: 0, list: 0 });
  });

  it('gives its commits one by one as it gives them all at once', async () => {
    const table = new DeltaTable(store, 't');
    const all = await table.commitsSince(10, 600);
    assert.deepEqual([all[0]?.version, all.at(-1)?.version, all.length], [11, 600, 590]);
    const one = [];
    for await (const commit of table.eachCommitSince(10, 600)) one.push(commit);
    assert.deepEqual(one, all);
    assert.deepEqual(await table.commitsSince(600, 600), []);
  });

  it('is read across the bound of what is kept in memory', async () => {
    for (const cached of [1, 10, 40, 100]) {
      const log = new DeltaLog(store, 't', cached);
      await log.commits(200, 299, metadata.columns);
      const versions = (await log.commits(290 - cached, 320, metadata.columns)).map((commit) => commit.version);
      assert.deepEqual(
        versions,
        Array.from({ length: 31 + cached }, (_, i) => 290 - cached + i),
      );
    }
  });

  it('is read without keeping timers from their turn', async () => {
    const busy: ObjectStore = {
      ...store,
      get: (path) => {
        const endMs = performance.now() + 3;
        while (performance.now() < endMs);
        return store.get(path);
      },
    };
    const table = new DeltaTable(busy, 't');
    await table.latest();
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    // 600 ms or more.
    await table.commitsSince(100, 300);
    clearInterval(timer);
    assert.ok(turns >= 4, `${turns} turns`);
  });

  it('knows its newest version from any that it had', async () => {
    const log = new DeltaLog(store, 't');
    const newest = (await new DeltaTable(store, 't').latest())!.version;
    for (const known of [0, 1, 7, 500, newest - 1, newest]) assert.equal(await log.newest(known), newest);
    assert.equal((await log.list()).latest, newest);
  });

  /** The store, and how often it is asked. */
  function watch() {
    const calls = { get: 0, head: 0, list: 0 };
    const local = localStore(store.root);
    const counted = <K extends keyof typeof calls>(name: K): ObjectStore[K] =>
      ((...args: [string]) => {
        calls[name]++;
        return local[name](...args);
      }) as ObjectStore[K];
    const watched: ObjectStore = { ...local, get: counted('get'), head: counted('head'), list: counted('list') };
    return { watched, calls };
  }
});
