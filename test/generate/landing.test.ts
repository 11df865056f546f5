import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { variants } from '../../cli/generate/defects.ts';
import { type GenerateOptions, generateLanding } from '../../cli/generate/landing.ts';

const root = mkdtempSync(join(tmpdir(), 'generate-'));
after(() => rmSync(root, { recursive: true, force: true }));

let folders = 0;
async function generate(options: Partial<GenerateOptions> = {}) {
  const out = join(root, String(folders++));
  const summary = await generateLanding({ events: 6000, days: 20, seed: 7, orgs: 12, out, ...options });
  return { out, summary };
}

function filesOf(out: string): string[] {
  return (readdirSync(out, { recursive: true }) as string[])
    .filter((name) => statSync(join(out, name)).isFile())
    .sort();
}

function digest(out: string): string {
  const hash = createHash('sha256');
  for (const name of filesOf(out)) hash.update(`${name}\n`).update(readFileSync(join(out, name)));
  return hash.digest('hex');
}

function eventLines(out: string): string[] {
  const folder = join(out, 'usage_events_stream');
  return readdirSync(folder)
    .sort()
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n').slice(0, -1));
}

test('the same options give the same bytes on every machine', async () => {
  const { out } = await generate();
  // Pinned: a change here means that every recorded figure about generated data has to be measured again.
  assert.equal(digest(out), '0191683c2cf2631274cfc36b2f2910fe15ed4325f4194874ce471fdfb0353396');
  assert.equal(digest((await generate()).out), digest(out));
});

test('another seed gives other data of the same size', async () => {
  const [one, two] = [await generate({ seed: 1 }), await generate({ seed: 2 })];
  assert.notEqual(digest(one.out), digest(two.out));
  assert.equal(one.summary.truth.events.read, two.summary.truth.events.read);
});

test('every file was changed one day after the range ends', async () => {
  const { out, summary } = await generate({ startDate: '2024-02-20' });
  assert.equal(summary.lastDay, '2024-03-10');
  assert.equal(summary.landingTime, '2024-03-12T00:00:00.000Z');
  for (const name of filesOf(out)) assert.equal(statSync(join(out, name)).mtime.toISOString(), summary.landingTime);
});

test('with the defects of the original data, lines are as Python writes them and days are even', async () => {
  const { out, summary } = await generate({ defects: 'original' });
  const lines = eventLines(out);
  assert.equal(lines.length, 6000);
  const days = new Map<string, number>();
  const versions = new Map<string, Set<string>>();
  const ids = new Set<string>();
  for (const line of lines) {
    const event = JSON.parse(line) as Record<string, unknown>;
    const day = String(event.timestamp).slice(0, 10);
    days.set(day, (days.get(day) ?? 0) + 1);
    const keys = Object.keys(event).join(' ');
    versions.set(keys, (versions.get(keys) ?? new Set()).add(String(event.schema_version)));
    ids.add(String(event.event_id));
    assert.match(
      line,
      /^\{"event_id": "evt_\w{12}", "timestamp": "[\d-]{10}T\d\d:\d\d:00Z", "org_id": "org_\w{8}", "resource_id": "res_\w{8}", /,
    );
    assert.match(
      line,
      /"value": (null|"?\d+\.\d{1,4}"?), "unit": (null|"\w+"), "cost_usd_increment": -?\d+\.\d{1,4}, /,
    );
  }
  assert.deepEqual(new Set(days.values()), new Set([300]));
  assert.equal(days.size, 20);
  assert.equal(ids.size, 6000);
  const base =
    'event_id timestamp org_id resource_id service region metric value unit cost_usd_increment schema_version';
  assert.deepEqual(Object.fromEntries(versions), {
    [base]: new Set(['1']),
    [`${base} carbon_kg`]: new Set(['2']),
    [`${base} carbon_kg genai_tokens`]: new Set(['2']),
  });
  const { truth } = summary;
  assert.deepEqual(truth.events, { read: 6000, written: 6000, duplicate: 0, quarantined: {}, waiting: 0 });
  assert.deepEqual(Object.keys(truth.silver.quarantined), ['cost_non_negative']);
});

test('a file mixes the days of the range', async () => {
  const { out } = await generate({ defects: 'original' });
  const first = readFileSync(join(out, 'usage_events_stream', 'events_part_0000.jsonl'), 'utf8')
    .split('\n')
    .slice(0, -1);
  assert.equal(new Set(first.map((line) => /"timestamp": "([\d-]+)T/.exec(line)?.[1])).size, 20);
});

test('every class of defect is there, and the counts balance', async () => {
  const { summary } = await generate();
  const { truth } = summary;
  for (const { name } of variants) assert.ok((truth.defects[name] ?? 0) > 0, name);
  const sum = (counts: Partial<Record<string, number>>): number =>
    Object.values(counts).reduce<number>((total, n) => total + (n ?? 0), 0);
  const { events, silver } = truth;
  assert.equal(events.read, 6000);
  assert.equal(events.read, events.written + events.duplicate + sum(events.quarantined));
  assert.equal(events.written, silver.written + sum(silver.quarantined));
  for (const [name, master] of Object.entries(truth.masters)) {
    assert.equal(master.read, master.written + master.duplicate + sum(master.quarantined), name);
    assert.ok(master.duplicate > 0, name);
  }
});

test('names of event files sort in the order they were written', async () => {
  const { out } = await generate({ events: 10_050, files: 10_050, defects: 'original' });
  const names = readdirSync(join(out, 'usage_events_stream')).sort();
  assert.equal(names[0], 'events_part_00000.jsonl');
  assert.equal(names.at(-1), 'events_part_10049.jsonl');
});

test('a folder that holds events is not written into', async () => {
  const { out } = await generate({ events: 10 });
  await assert.rejects(generateLanding({ events: 10, days: 2, seed: 1, out }), /is not empty/);
});

test('options that make no landing zone are refused', async () => {
  await assert.rejects(generate({ events: 0 }), /events must be a whole number from 1, not 0/);
  await assert.rejects(generate({ startDate: '2025-7-3' }), /not a date/);
});
