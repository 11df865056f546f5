import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { localStore } from '../../engine/storage/local.ts';
import { ObjectNotFound, type ObjectStore } from '../../engine/storage/object-store.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (data: Uint8Array) => new TextDecoder().decode(data);

describe('local object store', () => {
  let root: string;
  let store: ObjectStore;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'cpa-store-'));
    store = localStore(root);
  });
  after(() => rm(root, { recursive: true, force: true }));

  it('puts, replaces and gets objects in folders it creates', async () => {
    await store.put('a/b/c', bytes('one'));
    await store.put('a/b/c', bytes('two'));
    assert.equal(text(await store.get('a/b/c')), 'two');
    assert.deepEqual(await readdir(join(root, 'a/b')), ['c']);
  });

  it('gives random access through a blob', async () => {
    await store.put('blob/x', bytes('0123456789'));
    const blob = await store.blob('blob/x');
    assert.equal(blob.size, 10);
    assert.equal(await blob.slice(3, 6).text(), '345');
  });

  it('gives the same parts of small and of large objects', async () => {
    for (const size of [10, 300_000]) {
      const data = Uint8Array.from({ length: size }, (_, i) => i % 251);
      await store.put('blob/parts', data);
      const blob = await store.blob('blob/parts');
      assert.equal(blob.size, size);
      for (const [start, end] of [[], [3], [3, 6], [-4], [-4, -1], [5, 2], [0, 400_000]] as [number?, number?][]) {
        const part = blob.slice(start, end);
        const wanted = data.slice(start, end);
        assert.equal(part.size, wanted.length);
        assert.deepEqual(new Uint8Array(await part.arrayBuffer()), wanted);
        assert.deepEqual(new Uint8Array(await new Response(part.stream()).arrayBuffer()), wanted);
      }
    }
  });

  it('says which object is missing', async () => {
    await assert.rejects(store.get('no/such'), (e) => e instanceof ObjectNotFound && e.path === 'no/such');
    await assert.rejects(store.blob('no/such'), ObjectNotFound);
    assert.equal(await store.head('no/such'), null);
    assert.deepEqual(await store.list('no/such'), []);
    await store.delete('no/such');
  });

  it('lets exactly one of many racing writers create an object', async () => {
    const wins = await Promise.all(
      Array.from({ length: 40 }, (_, i) => store.putIfAbsent('race/object', bytes(`writer ${i}`))),
    );
    assert.equal(wins.filter(Boolean).length, 1);
    assert.equal(text(await store.get('race/object')), `writer ${wins.indexOf(true)}`);
    assert.deepEqual(await readdir(join(root, 'race')), ['object']);
  });

  it('lists recursively in path order, after a path when asked', async () => {
    for (const path of ['l/b/2', 'l/a', 'l/b/1', 'l/b.x', 'l2/no']) await store.put(path, bytes(path));
    assert.deepEqual(
      (await store.list('l')).map((o) => o.path),
      ['l/a', 'l/b.x', 'l/b/1', 'l/b/2'],
    );
    const rest = await store.list('l/', 'l/b/1');
    assert.deepEqual(
      rest.map((o) => [o.path, o.size]),
      [['l/b/2', 5]],
    );
    assert.ok(Math.abs(rest[0]!.modifiedMs - Date.now()) < 60_000);
  });

  it('follows links to files and folders', async () => {
    await mkdir(join(root, 'linked'), { recursive: true });
    await writeFile(join(root, 'elsewhere'), 'x');
    await mkdir(join(root, 'folder-elsewhere'));
    await writeFile(join(root, 'folder-elsewhere/y'), 'y');
    await symlink(join(root, 'elsewhere'), join(root, 'linked/x'));
    await symlink(join(root, 'folder-elsewhere'), join(root, 'linked/folder'));
    assert.deepEqual(
      (await store.list('linked')).map((o) => o.path),
      ['linked/folder/y', 'linked/x'],
    );
  });

  it('hides the temporary file of a writer that died before naming it', async () => {
    await store.put('crash/ok', bytes('ok'));
    await writeFile(join(root, 'crash/.lost.0000.tmp'), 'half');
    assert.deepEqual(
      (await store.list('crash')).map((o) => o.path),
      ['crash/ok'],
    );
    assert.equal(await store.putIfAbsent('crash/lost', bytes('whole')), true);
  });

  it('refuses paths outside the root and names nobody would see', async () => {
    for (const path of ['../x', 'a/../../x', '/etc/x', '', 'a//b', 'a/.hidden']) {
      await assert.rejects(async () => store.put(path, bytes('x')), /not a path of an object store/);
    }
  });

  it('passes file system errors through with code and path', async () => {
    await store.put('file', bytes('x'));
    await assert.rejects(store.put('file/x', bytes('x')), { code: 'ENOTDIR', message: /file\/x/ });
    await assert.rejects(store.putIfAbsent('file/x', bytes('x')), { code: 'ENOTDIR', message: /file\/x/ });
    await assert.rejects(store.get('race'), { code: 'EISDIR', message: /race/ });
  });

  it('names the path when a folder stands in the way', async () => {
    await store.put('way/folder/x', bytes('x'));
    await assert.rejects(store.put('way/folder', bytes('x')), { message: /way\/folder/ });
    assert.deepEqual(await readdir(join(root, 'way')), ['folder']);
  });
});
