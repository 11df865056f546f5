import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { cacheFolder, installOnce, isInstalled } from '../../stack/cache.ts';
import { startChild, temporaryFolder } from './processes.ts';

function ownCache(t: TestContext): string {
  const before = process.env.CPA_CACHE;
  const folder = temporaryFolder();
  process.env.CPA_CACHE = folder;
  t.after(() => {
    if (before === undefined) delete process.env.CPA_CACHE;
    else process.env.CPA_CACHE = before;
  });
  return folder;
}

const ignore = (): void => undefined;

test('the cache is CPA_CACHE, else in XDG_CACHE_HOME, else in the home folder', () => {
  assert.equal(cacheFolder({ CPA_CACHE: '/a', XDG_CACHE_HOME: '/b' }), '/a');
  assert.equal(cacheFolder({ XDG_CACHE_HOME: '/b' }), '/b/cpa');
  assert.equal(cacheFolder({}), join(homedir(), '.cache', 'cpa'));
});

test('a folder is filled once', async (t) => {
  const cache = ownCache(t);
  assert.equal(await isInstalled('thing'), false);
  const fill = async (folder: string): Promise<void> => writeFileSync(join(folder, 'file'), '');
  const folder = await installOnce('thing', ignore, fill);
  assert.deepEqual(readdirSync(folder), ['file']);
  assert.equal(await isInstalled('thing'), true);
  await installOnce('thing', ignore, () => assert.fail('filled again'));
  assert.deepEqual(readdirSync(cache), ['thing', 'thing.lock']);
});

test('a failure leaves nothing and is thrown on; the next try starts afresh', async (t) => {
  const cache = ownCache(t);
  const failing = installOnce('thing', ignore, async (folder) => {
    writeFileSync(join(folder, 'half'), '');
    throw new Error('network is down');
  });
  await assert.rejects(failing, /network is down/);
  assert.deepEqual(readdirSync(cache), ['thing.lock']);
  assert.deepEqual(readdirSync(await installOnce('thing', ignore, async () => undefined)), []);
});

test('what an interrupted download left is cleared away, what belongs to others is not', async (t) => {
  const cache = ownCache(t);
  mkdirSync(join(cache, 'thing.part-old'));
  mkdirSync(join(cache, 'other.part-old'));
  await installOnce('thing', ignore, async () => undefined);
  assert.deepEqual(readdirSync(cache).sort(), ['other.part-old', 'thing', 'thing.lock']);
});

test('of several processes one fills and the others wait', async (t) => {
  const cache = temporaryFolder();
  const children = await Promise.all(
    Array.from({ length: 4 }, () => startChild<boolean>(t, 'install', '', { CPA_CACHE: cache })),
  );
  assert.deepEqual(children.filter(({ answer }) => answer).length, 1);
  assert.deepEqual(readdirSync(cache), ['thing', 'thing.lock']);
});
