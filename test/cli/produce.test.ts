import assert from 'node:assert/strict';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { generateLanding } from '../../cli/generate/landing.ts';
import { seededRandom } from '../../cli/generate/random.ts';
import { type CompletedFile, type ProduceOptions, produceEvents } from '../../cli/produce/produce-events.ts';
import { dueBy, dueMs, nextFile } from '../../cli/produce/schedule.ts';
import { throughTransforms } from '../oracle/through-transforms.ts';
import { cpa, startCpa } from './program.ts';

const root = mkdtempSync(join(tmpdir(), 'cpa-produce-'));
const masters = join(root, 'masters');
const startMs = Date.UTC(2026, 10, 26, 7, 30, 50, 123);
const dayMs = 86_400_000;

before(async () => {
  await generateLanding({ events: 10, days: 2, seed: 3, orgs: 12, out: masters });
  rmSync(join(masters, 'usage_events_stream'), { recursive: true });
});
after(() => rmSync(root, { recursive: true, force: true }));

let folders = 0;
function newLanding(): string {
  const landing = join(root, `landing-${folders++}`);
  cpSync(masters, landing, { recursive: true });
  // What lands, lands then.
  for (const name of readdirSync(landing)) utimesSync(join(landing, name), startMs / 1000, startMs / 1000);
  return landing;
}

/** Produces 1,000 events/s for ten seconds of a clock that only sleeping moves. */
async function produce(options: Partial<ProduceOptions> = {}, fromMs = startMs) {
  const landing = options.landing ?? newLanding();
  const files: CompletedFile[] = [];
  let nowMs = fromMs;
  const summary = await produceEvents({
    landing,
    rate: 1000,
    durationMs: 10_000,
    late: 0.1,
    duplicate: 0.05,
    malformed: 0.03,
    seed: 7,
    clock: () => nowMs,
    sleep: async (ms) => {
      nowMs += ms;
    },
    onFile: (file) => files.push(file),
    ...options,
  });
  return { landing, files, summary };
}

function bytesOf(landing: string, { name }: { readonly name: string }): Buffer {
  return readFileSync(join(landing, name));
}

/** The lines of all files in order, byte for byte (as Latin-1). */
function linesOf(landing: string, files: readonly { readonly name: string }[]): string[] {
  return files.flatMap((file) => {
    const lines = bytesOf(landing, file).toString('latin1').split('\n');
    assert.equal(lines.pop(), '', `${file.name} ends with a whole line`);
    return lines;
  });
}

function visible(landing: string): string[] {
  return readdirSync(join(landing, 'usage_events_stream')).filter((name) => !name.startsWith('.'));
}

test('the same seed and clock give the same bytes; another seed does not', async () => {
  for (const grow of [false, true]) {
    const options = { grow, durationMs: 5000 };
    const [one, two, other] = [await produce(options), await produce(options), await produce({ ...options, seed: 8 })];
    assert.deepEqual(one.files, two.files);
    assert.deepEqual(one.summary, two.summary);
    assert.deepEqual(visible(one.landing), one.files.map((f) => f.name.split('/')[1]).sort());
    const bytes = ({ landing, files }: typeof one): Buffer => Buffer.concat(files.map((f) => bytesOf(landing, f)));
    assert.ok(bytes(one).equals(bytes(two)));
    assert.ok(!bytes(one).equals(bytes(other)));
    assert.equal(one.summary.bytes, bytes(one).length);
  }
});

test('a later run has the same events under other ids and file names', async () => {
  const one = await produce({ malformed: 0, dates: 1 });
  const two = await produce({ malformed: 0, dates: 1, landing: one.landing }, startMs + 1);
  const names = new Set([...one.files, ...two.files].map((f) => f.name));
  assert.equal(names.size, one.files.length + two.files.length);
  const ids = (lines: readonly string[]): Set<string> => new Set(lines.map((line) => line.slice(0, 40)));
  const [first, second] = [linesOf(one.landing, one.files), linesOf(one.landing, two.files)];
  assert.equal(ids([...first, ...second]).size, ids(first).size * 2);
  assert.equal(ids(first).size, one.summary.events - one.summary.duplicate);
  const content = (lines: readonly string[]): string[] => lines.map((line) => line.slice(line.indexOf('"org_id"')));
  assert.deepEqual(content(first), content(second));
});

test('shares hold, and are what the summary says and Bronze and Silver make of the lines', async () => {
  const { landing, files, summary } = await produce({ durationMs: 30_000 });
  const { late, duplicate, malformed } = summary;
  for (const [n, share] of [
    [late, 0.1],
    [duplicate, 0.05],
    [malformed, 0.03],
  ] as const)
    assert.ok(Math.abs(n / 30_000 - share) < 0.005, `${n} of 30,000 for ${share}`);

  const lines = linesOf(landing, files);
  const distinct = new Set(lines.filter((line) => line.includes('"event_id"')));
  const old = [...distinct].filter((line) => {
    const ageMs = startMs - Date.parse(/"timestamp": "(.{19}Z)"/.exec(line)?.[1] ?? '');
    return ageMs > dayMs - 30_000 && ageMs <= 60 * dayMs;
  });
  assert.deepEqual([lines.length, old.length], [30_000, late]);
  const { bronze, silver } = throughTransforms(landing);
  assert.equal(bronze.rejects.length + silver.rejects.length, malformed);
  assert.equal(bronze.duplicates, duplicate);
  assert.equal(silver.table.numRows, 30_000 - duplicate - malformed);
});

test('a duplicate is an earlier line, byte for byte', async () => {
  const { landing, files, summary } = await produce({ malformed: 0 });
  const sent = new Map<string, string>();
  let repeats = 0;
  for (const line of linesOf(landing, files)) {
    const id = line.slice(0, 40);
    if (sent.has(id)) repeats++;
    assert.equal(sent.get(id) ?? line, line);
    sent.set(id, line);
  }
  assert.equal(repeats, summary.duplicate);
});

test('events are of resources in the masters, with the fields of schema version 2, of now or of the late dates', async () => {
  const { landing, files } = await produce({ malformed: 0, dates: 3 });
  const resources = readFileSync(join(landing, 'resources.csv'), 'utf8');
  const orgs = readFileSync(join(landing, 'customers_orgs.csv'), 'utf8');
  const base =
    'event_id timestamp org_id resource_id service region metric value unit cost_usd_increment schema_version carbon_kg';
  const dates = new Map<string, number>();
  for (const file of files) {
    for (const line of linesOf(landing, [file])) {
      const event = JSON.parse(line) as Record<string, string>;
      assert.equal(Object.keys(event).join(' '), event.service === 'genai' ? `${base} genai_tokens` : base);
      assert.ok(resources.includes(`\n${event.resource_id},${event.org_id},${event.service},${event.region},`), line);
      assert.ok(orgs.includes(`\n${event.org_id},`), line);
      const atMs = Date.parse(event.timestamp!);
      assert.ok(atMs <= file.completedMs && atMs >= startMs - 3 * dayMs - 1000, line);
      const date = event.timestamp!.slice(0, 10);
      dates.set(date, (dates.get(date) ?? 0) + 1);
    }
  }
  assert.deepEqual([...dates.keys()].sort(), ['2026-11-23', '2026-11-24', '2026-11-25', '2026-11-26']);
  assert.ok(dates.get('2026-11-26')! > 8000);
});

test('files are complete when they appear, and their names sort', async () => {
  const landing = newLanding();
  const sizes = new Map<string, Set<number>>();
  const hidden = new Set<string>();
  let over = false;
  const running = produce({ landing, filesOf: [2000, 3000] }).finally(() => {
    over = true;
  });
  for (; !over; await setImmediate()) {
    const folder = join(landing, 'usage_events_stream');
    for (const name of readdirSync(landing).includes('usage_events_stream') ? readdirSync(folder) : []) {
      if (name.startsWith('.')) hidden.add(name);
      else sizes.set(name, (sizes.get(name) ?? new Set()).add(statSync(join(folder, name)).size));
    }
  }
  const { files } = await running;
  const names = files.map((f) => f.name.slice('usage_events_stream/'.length));
  for (const [i, name] of names.entries()) {
    assert.match(name, /^events_20261126T073[01]\d{5}Z_00000\d\.jsonl$/);
    for (const size of sizes.get(name) ?? []) assert.equal(size, files[i]!.bytes, name);
  }
  assert.ok(sizes.size > 0 && hidden.size > 0);
  for (const name of hidden) assert.match(name, /^\.events_\w+\.jsonl\.tmp$/);
  assert.deepEqual(names, [...names].sort());
  assert.deepEqual(readdirSync(join(landing, 'usage_events_stream')).sort(), names);
});

test('a growing file is torn in the middle of a line now and then, and whole in the end', async () => {
  const landing = newLanding();
  let nowMs = startMs;
  let torn = 0;
  let chunks = 0;
  const { files, summary } = await produce({
    landing,
    grow: true,
    rate: 100,
    durationMs: 100_000,
    clock: () => nowMs,
    sleep: async (ms) => {
      nowMs += ms;
      for (const name of readdirSync(join(landing, 'usage_events_stream'))) {
        chunks++;
        if (bytesOf(landing, { name: `usage_events_stream/${name}` }).at(-1) !== 10) torn++;
      }
    },
  });
  assert.ok(torn >= 3 && torn < chunks / 2, `${torn} of ${chunks}`);
  assert.deepEqual(
    files.map((f) => f.name.replace(/_\w{11}\.jsonl$/, '')),
    ['20261126T0730Z', '20261126T0731Z', '20261126T0732Z'].map((minute) => `usage_events_stream/events_${minute}`),
  );
  for (const file of files) {
    assert.equal(linesOf(landing, [file]).length, file.events);
    assert.equal(bytesOf(landing, file).length, file.bytes);
  }
  assert.equal(summary.events, 10_000);
});

test('the rate is kept against the clock, by larger files after an interruption', async () => {
  const { summary, files } = await produce({ rate: 333, durationMs: 60_000 });
  assert.equal(summary.events, 19_980);
  assert.equal(summary.elapsedMs, 60_000);
  for (const { events } of files.slice(0, -1)) assert.ok(events >= 50 && events <= 500, String(events));

  let nowMs = startMs;
  const sizes: number[] = [];
  const interrupted = await produce({
    clock: () => nowMs,
    sleep: async (ms) => {
      nowMs += ms;
    },
    onFile: ({ events }) => {
      if (sizes.push(events) === 5) nowMs += 4000;
    },
  });
  assert.ok(sizes[5]! >= 4000 && sizes[5]! < 4600, String(sizes[5]));
  assert.ok(sizes[6]! <= 500);
  assert.deepEqual([interrupted.summary.events, interrupted.summary.elapsedMs], [10_000, 10_000]);
});

test('a plan holds all events once, none before it is due, and catches up in files that fit in memory', () => {
  const pace = { rate: 7, events: 1000, filesOf: [50, 500] } as const;
  const random = seededRandom(1, 'plan');
  let done = 0;
  for (let elapsedMs = 0; ; ) {
    const file = nextFile(pace, done, elapsedMs, random);
    if (file === null) break;
    done += file.events;
    assert.equal(file.dueMs, dueMs(pace, done - 1));
    assert.equal(dueBy(pace, file.dueMs), done);
    elapsedMs = file.dueMs;
  }
  assert.equal(done, 1000);
  assert.equal(nextFile({ ...pace, rate: 20_000, events: 1e6 }, 0, 10_000, random)!.events, 20_000);
});

test('a signal ends the run with the events due by then', async () => {
  const stop = new AbortController();
  let nowMs = startMs;
  const { summary, landing, files } = await produce({
    rate: 10,
    signal: stop.signal,
    clock: () => nowMs,
    sleep: async (ms) => {
      nowMs += ms / 2;
      stop.abort();
    },
  });
  assert.equal(files.length, 1);
  assert.ok(summary.events > 0 && summary.events === Math.floor(summary.elapsedMs / 100), JSON.stringify(summary));
  assert.equal(linesOf(landing, files).length, summary.events);
});

test('without masters, or with options that cannot be met, nothing is produced', async () => {
  await assert.rejects(produce({ landing: join(root, 'nowhere') }), /^Error: no customers_orgs\.csv in .*cpa generate/);
  const landing = newLanding();
  rmSync(join(landing, 'resources.csv'));
  await assert.rejects(produce({ landing }), /^Error: no resources\.csv in .*cpa generate/);
  await assert.rejects(produce({ late: 0.9, duplicate: 0.2 }), /shares of one whole, not 90 %, 20 %, 3 %/);
  await assert.rejects(produce({ rate: 0 }), /rate must be a whole number from 1, not 0/);
  await assert.rejects(produce({ durationMs: 0 }), /0 events/);
  await assert.rejects(produce({ filesOf: [5, 4] }), /files of 5 to 4 events/);
});

test('cpa produce explains itself, and writes for as long as it is told', () => {
  const help = cpa(root, ['produce', '--help']).stdout;
  for (const option of ['--rate', '--minutes', '--late', '--duplicate', '--malformed', '--seed', '--grow', '--out'])
    assert.match(help, new RegExp(`^ {2}${option} `, 'm'));
  assert.match(help, /\nExamples:\n {2}cpa produce /);

  const landing = newLanding();
  const { status, stdout, stderr } = cpa(root, ['produce', '--rate', '2000', '--minutes', '.03', '--out', landing]);
  assert.deepEqual([status, stderr], [0, '']);
  const seconds = /^3,600 events in \d+ files, [\d,]+ bytes, in (\d+\.\d) s: [\d,]+ events\/s into /.exec(stdout)?.[1];
  assert.ok(Number(seconds) >= 1.8 && Number(seconds) < 10, stdout);
  assert.match(stdout, /\non_time +3,[45]\d\d\nlate +\d+\nduplicate +\d+\nmalformed +\d+\n$/);
  const files = visible(landing).sort();
  assert.equal(
    linesOf(
      join(landing, 'usage_events_stream'),
      files.map((name) => ({ name })),
    ).length,
    3600,
  );
});

test('cpa produce says in one line what is wrong', () => {
  for (const [args, code, message] of [
    [['--out', 'nowhere'], 1, /^cpa: no customers_orgs\.csv in .*nowhere: run `cpa generate` first, .*\n$/],
    [['--minutes', '0'], 2, /^cpa: .*Expected a number above 0\.\n$/],
    [['--late', '101'], 2, /^cpa: .*Expected a number from 0 to 100\.\n$/],
    [['--late', '60', '--duplicate', '50'], 2, /^cpa: .*shares of one whole, not 60 %, 50 %, 0\.5 %\n$/],
  ] as const) {
    const { status, stdout, stderr } = cpa(root, ['produce', ...args]);
    assert.match(stderr, message);
    assert.deepEqual([status, stdout], [code, '']);
  }
});

test('Ctrl-C ends cpa produce in order, with what was written', async () => {
  const landing = newLanding();
  const child = startCpa(root, ['produce', '--rate', '500', '--minutes', '5', '--grow', '--out', landing]);
  let output = '';
  child.stdout.on('data', (text) => {
    output += text;
  });
  const closed = once(child, 'close');
  while (!readdirSync(landing).includes('usage_events_stream') || visible(landing).length === 0) await setTimeout(20);
  child.kill('SIGINT');
  assert.deepEqual(await closed, [130, null]);
  const events = Number(/^([\d,]+) events in [12] files/.exec(output)?.[1]?.replaceAll(',', ''));
  const files = visible(landing).sort();
  assert.equal(
    linesOf(
      join(landing, 'usage_events_stream'),
      files.map((name) => ({ name })),
    ).length,
    events,
  );
});
