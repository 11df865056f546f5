import assert from 'node:assert/strict';
import { linkSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { changedAmong, changedFiles, type FoundFile, scanLanding } from '../../activities/landing-scan.ts';
import type { ConsumedFile } from '../../activities/landing-state.ts';

const root = mkdtempSync(join(tmpdir(), 'cpa-scan-'));
after(() => rmSync(root, { recursive: true }));
const events = 'usage_events_stream';
let landing = '';
let zones = 0;
beforeEach(() => {
  landing = join(root, `${zones++}`);
});

function put(file: string, content = '{}\n'): void {
  mkdirSync(dirname(join(landing, events, file)), { recursive: true });
  writeFileSync(join(landing, events, file), content);
}

const nameOf = ({ file }: { file: string }): string => file.replace(`${events}/`, '');
const scanned = async (): Promise<string[]> => (await scanLanding(landing)).map(nameOf).sort();
const nothing = { files: new Map<string, ConsumedFile>() };

/** As after a run that read all of what was found. */
function consumed(found: readonly FoundFile[], change: Partial<ConsumedFile> = {}) {
  const rest = { generation: 1, nextLine: 2, headHash: '', tailHash: '' };
  const of = (f: FoundFile): ConsumedFile => ({
    ...rest,
    toByte: f.size!,
    fileSize: f.size,
    modifiedUs: f.modifiedUs,
    ...change,
  });
  return { files: new Map(found.map((f) => [f.file, of(f)])) };
}

test('event files lie in the folder of the events and in every folder below it', async () => {
  for (const file of ['a.jsonl', 'b.jsonl.gz', '2025/08/14/x.jsonl', 'date=2025-08-14/x.jsonl.gz']) put(file);
  const found = await scanLanding(landing);
  assert.deepEqual(found.map(nameOf).sort(), [
    '2025/08/14/x.jsonl',
    'a.jsonl',
    'b.jsonl.gz',
    'date=2025-08-14/x.jsonl.gz',
  ]);
  const { size, mtimeMs } = statSync(join(landing, events, 'a.jsonl'));
  const a = found.find((f) => f.file === `${events}/a.jsonl`);
  assert.deepEqual(a, { file: `${events}/a.jsonl`, size, modifiedUs: Math.floor(mtimeMs * 1000) });
});

test('names that say so are not input, of files and of folders', async () => {
  const left = ['_a.jsonl', '.a.jsonl', 'a.jsonl.tmp', 'a.jsonl.part', 'a.jsonl.gz.tmp', 'a.json', 'a.gz', 'jsonl'];
  for (const file of left) put(file);
  for (const folder of ['_late', '.hidden', 'day.tmp', 'day.part']) put(`${folder}/x.jsonl`);
  put('deep/_unfinished/x.jsonl');
  assert.deepEqual(await scanned(), []);
  const all = [...left, '_late/x.jsonl', 'day.part/x.jsonl', 'deep/_unfinished/x.jsonl'];
  assert.deepEqual(
    await changedAmong(
      landing,
      all.map((file) => `${events}/${file}`),
      nothing,
    ),
    [],
  );
});

test('links to files are followed, links to folders are not', async () => {
  put('day/x.jsonl');
  symlinkSync(join(landing, events), join(landing, events, 'day', 'loop'));
  symlinkSync(join(landing, events, 'day'), join(landing, events, 'again'));
  symlinkSync(join(landing, events, 'day', 'x.jsonl'), join(landing, events, 'y.jsonl'));
  linkSync(join(landing, events, 'day', 'x.jsonl'), join(landing, events, 'z.jsonl'));
  assert.deepEqual(await scanned(), ['day/x.jsonl', 'y.jsonl', 'z.jsonl']);
  const behind = ['again/x.jsonl', 'day/loop/day/x.jsonl', 'day/x.jsonl'].map((file) => `${events}/${file}`);
  assert.deepEqual((await changedAmong(landing, behind, nothing)).map(nameOf), ['day/x.jsonl']);
});

test('the folder of the events may be a link, or not there', async () => {
  assert.deepEqual(await scanLanding(landing), []);
  assert.deepEqual(await changedAmong(landing, [`${events}/a.jsonl`], nothing), []);
  mkdirSync(join(landing, 'elsewhere'), { recursive: true });
  symlinkSync(join(landing, 'elsewhere'), join(landing, events));
  put('day/x.jsonl');
  assert.deepEqual(await scanned(), ['day/x.jsonl']);
  assert.equal((await changedAmong(landing, [`${events}/day/x.jsonl`], nothing)).length, 1);
});

test('what cannot be read in the place of an event file is found without a size', async () => {
  mkdirSync(join(landing, events, 'folder.jsonl'), { recursive: true });
  put('folder.jsonl/inside.jsonl');
  symlinkSync('/nowhere/at/all', join(landing, events, 'dangling.jsonl'));
  const found = await scanLanding(landing);
  assert.deepEqual(found.map((f) => [nameOf(f), f.size]).sort(), [
    ['dangling.jsonl', null],
    ['folder.jsonl', null],
  ]);
  const names = [...found.map((f) => f.file), `${events}/folder.jsonl/inside.jsonl`];
  assert.deepEqual((await changedAmong(landing, names, nothing)).map(nameOf).sort(), [
    'dangling.jsonl',
    'folder.jsonl',
  ]);
});

test('a file is as consumed when its size and its time are', async () => {
  put('a.jsonl');
  put('b.jsonl.gz', 'compressed');
  const found = await scanLanding(landing);
  const names = found.map((f) => f.file);
  const changes = async (state: { files: Map<string, ConsumedFile> }): Promise<string[]> => {
    const changed = changedFiles(await scanLanding(landing), state)
      .map(nameOf)
      .sort();
    assert.deepEqual((await changedAmong(landing, names, state)).map(nameOf).sort(), changed);
    return changed;
  };
  assert.deepEqual(await changes(nothing), ['a.jsonl', 'b.jsonl.gz']);
  assert.deepEqual(await changes(consumed(found)), []);
  // The plain one from before the size was recorded; a part of either was left.
  assert.deepEqual(await changes(consumed(found, { fileSize: null })), ['b.jsonl.gz']);
  assert.deepEqual(await changes(consumed(found, { fileSize: null, toByte: 2 })), ['a.jsonl', 'b.jsonl.gz']);
  // Positions in a compressed file say nothing of its size.
  const gz = consumed(found, { toByte: 1000 });
  assert.deepEqual(await changes(gz), ['a.jsonl']);
  const state = consumed(found);
  put('a.jsonl', '{}\n{}\n');
  assert.deepEqual(await changes(state), ['a.jsonl']);
  utimesSync(join(landing, events, 'b.jsonl.gz'), 1, 1);
  assert.deepEqual(await changes(state), ['a.jsonl', 'b.jsonl.gz']);
});

test('changed files come oldest first, and those named that are gone or no input are left out', async () => {
  for (const [i, file] of ['c.jsonl', 'day/b.jsonl', 'a.jsonl', 'd.jsonl'].entries()) {
    put(file);
    utimesSync(join(landing, events, file), 1000 + (i >> 1), 1000 + (i >> 1));
  }
  const order = ['c.jsonl', 'day/b.jsonl', 'a.jsonl', 'd.jsonl'];
  assert.deepEqual(changedFiles(await scanLanding(landing), nothing).map(nameOf), order);
  const named = [
    'a.jsonl',
    'gone.jsonl',
    'day/b.jsonl',
    'a.jsonl',
    '../users.csv',
    'day/../a.jsonl',
    'x//a.jsonl',
    'gone/a.jsonl',
  ];
  const among = await changedAmong(
    landing,
    [...named.map((file) => `${events}/${file}`), 'users.csv', 'a.jsonl', ''],
    nothing,
  );
  assert.deepEqual(among, [
    { file: `${events}/day/b.jsonl`, consumed: null },
    { file: `${events}/a.jsonl`, consumed: null },
  ]);
});
