import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { DeltaTable } from '../../engine/delta/table.ts';
import type { ObjectStore } from '../../engine/storage/object-store.ts';
import { file, request, temporaryStore } from './fixtures.ts';

const program = fileURLToPath(new URL('race-worker.js', import.meta.url));
const run = promisify(execFile);

describe('processes that commit to one table at the same time', () => {
  let store: ObjectStore;
  before(async () => {
    store = await temporaryStore();
  });
  after(() => rm(store.root, { recursive: true, force: true }));

  const race = async (path: string, kind: string) => {
    await Promise.all(['a', 'b', 'c'].map((writer) => run('node', [program, store.root, path, writer, '20', kind])));
    const table = new DeltaTable(store, path);
    const commits = await table.commitsSince(-1);
    assert.deepEqual(
      commits.map((c) => c.version),
      Array.from({ length: 60 }, (_, i) => i),
    );
    for (const [i, { timestampMs }] of commits.entries()) {
      assert.ok(i === 0 || timestampMs > commits[i - 1]!.timestampMs);
    }
    return (await table.latest())!;
  };

  it('lose no append', async () => {
    const { files, txns } = await race('bronze/appends', 'append');
    assert.equal(new Set(files.map((f) => f.path)).size, 60);
    assert.deepEqual(Object.fromEntries(txns), { a: 19, b: 19, c: 19 });
  });

  it('lose no update of rows that each has read', async () => {
    const { files } = await race('bronze/counter', 'count');
    assert.equal(files.length, 1);
    // The first commit of the table wrote a file of 3 rows, every other one added a row.
    assert.equal(files[0]!.stats.numRecords, 3 + 59);
  });

  it('keep what they were told is committed when they are killed', async () => {
    const acknowledged: string[] = [];
    await Promise.all(
      ['a', 'b', 'c', 'd'].map(async (writer, i) => {
        const child = spawn('node', [program, store.root, 'bronze/killed', writer, '100000', 'append']);
        child.stdout.setEncoding('utf8').on('data', (text: string) => acknowledged.push(...text.trim().split('\n')));
        await new Promise((started) => child.stdout.once('data', started));
        setTimeout(() => child.kill('SIGKILL'), 60 + 70 * i);
        await new Promise((ended) => child.once('close', ended));
      }),
    );
    const table = new DeltaTable(store, 'bronze/killed');
    const { files, version } = (await table.latest())!;
    const paths = new Set(files.map((f) => f.path));
    assert.ok(acknowledged.length > 4);
    assert.deepEqual(
      acknowledged.filter((path) => !paths.has(path)),
      [],
    );
    // Each killed process may have committed one file more than it could say.
    assert.ok(version + 1 === files.length && files.length <= acknowledged.length + 4);
    assert.equal((await table.commitsSince(-1)).length, files.length);
    const base = await table.latest();
    assert.equal((await table.commit(request({ base, adds: [file('after')] }))).outcome, 'committed');
    await table.idle();
  });
});
