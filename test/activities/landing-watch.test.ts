import assert from 'node:assert/strict';
import {
  appendFileSync,
  type FSWatcher,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, afterEach, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type LandingWatch, type LandingWatchOptions, watchLanding } from '../../activities/landing-watch.ts';

const root = mkdtempSync(join(tmpdir(), 'cpa-watch-'));
after(() => rmSync(root, { recursive: true }));
const events = 'usage_events_stream';
const never = new AbortController().signal;
let landing = '';
let zones = 0;
let open: LandingWatch[] = [];
beforeEach(() => {
  landing = join(root, `${zones++}`);
});
afterEach(() => {
  for (const watching of open) watching.close();
  open = [];
});

function put(file: string, content = '{}\n'): void {
  const path = join(landing, events, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

function watching(options: Partial<LandingWatchOptions> = {}): LandingWatch {
  const started = watchLanding(landing, { clock: Date.now, rescanMs: 3_600_000, ...options });
  open.push(started);
  return started;
}

/** A watch of which the first `all` is taken. */
function settled(options: Partial<LandingWatchOptions> = {}): LandingWatch {
  const started = watching(options);
  assert.deepEqual(started.take(), { all: true, files: [] });
  return started;
}

/** Takes until all that is expected was named, or everything; at most a second. */
async function taken(from: LandingWatch, expected: readonly string[]): Promise<readonly string[] | 'all'> {
  const files = new Set<string>();
  for (const end = Date.now() + 1000; Date.now() < end; ) {
    await from.wait(end - Date.now(), never);
    const news = from.take();
    if (news.all) return 'all';
    for (const file of news.files) files.add(file.replace(`${events}/`, ''));
    if (expected.every((file) => files.has(file))) return [...files].sort();
  }
  return [...files].sort();
}

/** Whether everything is to be scanned, and afterwards `file` is noticed by name. */
async function noticesIn(from: LandingWatch, file: string): Promise<void> {
  assert.equal(await taken(from, ['nothing']), 'all');
  // Several events may have been on their way.
  await sleep(20);
  from.take();
  put(file);
  assert.deepEqual(await taken(from, [file]), [file]);
}

test('first everything may have changed, then nothing has', async () => {
  put('a.jsonl');
  const watch = watching();
  await watch.wait(10_000, never);
  assert.deepEqual(watch.take(), { all: true, files: [] });
  assert.deepEqual(watch.take(), { all: false, files: [] });
  await watch.wait(30, never);
  assert.deepEqual(watch.take(), { all: false, files: [] });
});

test('a file that is written, renamed into place, or grows is named, within milliseconds', async () => {
  put('day/a.jsonl');
  const watch = settled();
  const ms: number[] = [];
  const noticed = async (expected: string, change: () => void): Promise<void> => {
    const start = performance.now();
    change();
    await watch.wait(1000, never);
    ms.push(performance.now() - start);
    assert.deepEqual(await taken(watch, [expected]), [expected]);
    await sleep(5);
    watch.take();
  };
  for (let i = 0; i < 20; i++) {
    await noticed(`new-${i}.jsonl.gz`, () => put(`new-${i}.jsonl.gz`));
    put('day/.x.tmp');
    await noticed(`day/x-${i}.jsonl`, () =>
      renameSync(join(landing, events, 'day/.x.tmp'), join(landing, events, `day/x-${i}.jsonl`)),
    );
    await noticed('day/a.jsonl', () => appendFileSync(join(landing, events, 'day/a.jsonl'), '{}\n'));
  }
  ms.sort((a, b) => a - b);
  console.log(`noticed after ${ms[ms.length >> 1]!.toFixed(2)} ms (median), ${ms.at(-1)!.toFixed(2)} ms (longest)`);
  assert.ok(ms[ms.length >> 1]! < 20);
});

test('what is no input is not named, nor is what changes beside the events', async () => {
  put('day/a.jsonl');
  const watch = settled();
  for (const file of ['_a.jsonl', '.b.jsonl', 'day/c.jsonl.part', 'day/d.tmp', 'e.json']) put(file);
  writeFileSync(join(landing, 'users.csv'), 'x');
  put('day/f.jsonl');
  assert.deepEqual(await taken(watch, ['day/f.jsonl']), ['day/f.jsonl']);
});

test('a wait ends with its time, with the signal, and with the watch', async () => {
  put('a.jsonl');
  const watch = settled();
  const start = performance.now();
  await watch.wait(20, never);
  assert.ok(performance.now() - start >= 19);
  const stop = new AbortController();
  const waits = [watch.wait(60_000, stop.signal), watch.wait(60_000, stop.signal)];
  stop.abort();
  await Promise.all(waits);
  await watch.wait(60_000, stop.signal);
  const last = watch.wait(60_000, never);
  watch.close();
  await last;
});

test('folders that appear are watched with all that is in them', async () => {
  put('a.jsonl');
  const watch = settled();
  put('2025/08/14/x.jsonl');
  await noticesIn(watch, '2025/08/14/y.jsonl');
  // Moved in with what it holds.
  mkdirSync(join(root, 'outside/deep'), { recursive: true });
  renameSync(join(root, 'outside'), join(landing, events, 'moved'));
  await noticesIn(watch, 'moved/deep/x.jsonl');
  // Moved within: known under its new name alone.
  renameSync(join(landing, events, 'moved'), join(landing, events, 'again'));
  await noticesIn(watch, 'again/deep/y.jsonl');
});

test('a folder that is deleted costs a scan, and one that takes its place is watched', async () => {
  put('day/a.jsonl');
  const watch = settled();
  rmSync(join(landing, events, 'day'), { recursive: true });
  assert.deepEqual(await taken(watch, ['day/a.jsonl']), ['day/a.jsonl']);
  await sleep(20);
  assert.equal(watch.take().all, true);
  put('day/b.jsonl');
  await noticesIn(watch, 'day/c.jsonl');
});

test('links to folders are not watched', async () => {
  put('day/a.jsonl');
  mkdirSync(join(root, 'linked'), { recursive: true });
  symlinkSync(join(root, 'linked'), join(landing, events, 'before'));
  const watch = settled();
  symlinkSync(join(root, 'linked'), join(landing, events, 'after'));
  writeFileSync(join(root, 'linked', 'x.jsonl'), '{}\n');
  put('day/b.jsonl');
  assert.deepEqual(await taken(watch, ['day/b.jsonl']), ['day/b.jsonl']);
});

test('the folder of the events may come later, go and come again', async () => {
  mkdirSync(landing);
  const watch = settled();
  put('day/a.jsonl');
  await noticesIn(watch, 'day/b.jsonl');
  rmSync(join(landing, events), { recursive: true });
  assert.equal(await taken(watch, ['nothing']), 'all');
  await sleep(20);
  watch.take();
  put('day/a.jsonl');
  await noticesIn(watch, 'b.jsonl');
});

test('the landing zone may come later: a scan by time finds it, and from then on it is watched', async () => {
  let now = 0;
  const problems: string[] = [];
  const watch = settled({ clock: () => now, rescanMs: 1000, onProblem: (problem) => problems.push(problem) });
  put('a.jsonl');
  await watch.wait(20, never);
  assert.deepEqual(watch.take(), { all: false, files: [] });
  now = 1000;
  await watch.wait(10_000, never);
  assert.deepEqual(watch.take(), { all: true, files: [] });
  put('b.jsonl');
  assert.deepEqual(await taken(watch, ['b.jsonl']), ['b.jsonl']);
  assert.deepEqual(problems, []);
});

test('everything is scanned when that was long ago', async () => {
  put('a.jsonl');
  const watch = settled({ rescanMs: 60 });
  const start = performance.now();
  for (let left = 10; left > 0 && !watch.take().all; left--) await watch.wait(10_000, never);
  const ms = performance.now() - start;
  assert.ok(ms >= 50 && ms < 1000, `${ms} ms`);
});

test('more names than are kept, and more events than the system keeps, mean everything', async () => {
  put('a.jsonl');
  const watch = settled();
  const name = (i: number): string => join(landing, events, `${i}.jsonl`);
  put('0.jsonl');
  // In portions, so that the names are too many and not the events of one turn.
  for (let i = 0; i <= 10_000; i++) {
    renameSync(name(i), name(i + 1));
    if (i % 500 === 0) await sleep(1);
  }
  await sleep(50);
  assert.deepEqual(watch.take(), { all: true, files: [] });
  // Two names over and over, while the loop is held up: what the system dropped cannot be known.
  for (let i = 0; i < 9000; i++) renameSync(name(10_001 + (i & 1)), name(10_002 - (i & 1)));
  await sleep(50);
  assert.deepEqual(watch.take(), { all: true, files: [] });
  put('last.jsonl');
  assert.deepEqual(await taken(watch, ['last.jsonl']), ['last.jsonl']);
});

test('where watching fails, scans by time take over, and it is tried again', async () => {
  put('day/a.jsonl');
  put('other/a.jsonl');
  let now = 0;
  let isFull = true;
  const watchers = new Map<string, FSWatcher>();
  const problems: string[] = [];
  const limited: LandingWatchOptions['watch'] = (path, listener) => {
    if (isFull && !path.endsWith(events) && path !== landing) {
      throw Object.assign(new Error('ENOSPC: System limit for number of file watchers reached'), { code: 'ENOSPC' });
    }
    const watcher = watch(path, { persistent: false }, listener);
    watchers.set(path, watcher);
    return watcher;
  };
  const options = { clock: () => now, rescanMs: 1000, onProblem: (problem: string) => problems.push(problem) };
  const limitedWatch = settled({ ...options, watch: limited });
  put('day/b.jsonl');
  put('c.jsonl');
  assert.deepEqual(await taken(limitedWatch, ['c.jsonl']), ['c.jsonl']);
  now = 1000;
  assert.equal(limitedWatch.take().all, true);
  assert.equal(limitedWatch.take().all, false);
  assert.equal(problems.length, 1);
  assert.match(problems[0]!, /^usage_events_stream\/(day|other) is not watched, but scanned every 1 s: ENOSPC/);
  isFull = false;
  now = 2000;
  await sleep(20);
  assert.equal(limitedWatch.take().all, true);
  put('day/d.jsonl');
  assert.deepEqual(await taken(limitedWatch, ['day/d.jsonl']), ['day/d.jsonl']);
  // A watcher that fails later.
  watchers.get(join(landing, events, 'day'))!.emit('error', Object.assign(new Error('EPERM'), { code: 'EPERM' }));
  assert.equal(await taken(limitedWatch, ['nothing']), 'all');
  assert.equal(problems.length, 2);
  await sleep(20);
  limitedWatch.take();
  put('day/e.jsonl');
  assert.deepEqual(await taken(limitedWatch, ['day/e.jsonl']), ['day/e.jsonl']);
});
