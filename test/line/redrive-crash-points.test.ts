/**
 * Re-drives without Temporal: stopped at any write, beside themselves, and beside a stream. Whatever happens, every line that was
 * read is in one place.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { unlinkSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { auditBronze } from '../../activities/audit/bronze-checks.ts';
import { auditScope, versionsNow } from '../../activities/audit/scope.ts';
import { auditSilver } from '../../activities/audit/silver-checks.ts';
import { drainEvents } from '../../activities/bronze-events.ts';
import { buildDirty } from '../../activities/build-dirty.ts';
import { syncLedger } from '../../activities/ledger.ts';
import { type RedrivenEvents, redriveEvents } from '../../activities/redrive/redrive.ts';
import { everyRow } from '../../activities/redrive/selection.ts';
import { advanceSpeed, dropConsumed } from '../../activities/speed.ts';
import { orgDailyUsageByServiceSpeed } from '../../schemas/gold.ts';
import { type FaultKind, type FaultyStore, faultKinds, faultyStore, type Objects } from '../faults/faulty-store.ts';
import { lakeState } from '../faults/lake-state.ts';
import { freshProcess, lineSteps, type Process, run } from '../faults/steps.ts';
import { type RestatedLanding, restatedLanding } from './restated-landing.ts';
import { eventLine } from './small-landing.ts';
import { rowsIn } from './tables.ts';

const request = { ...everyRow, acceptConflicts: false, reason: null };
const accepting = { ...request, acceptConflicts: true };
const [bronze, quarantine] = ['bronze.usage_events', 'quarantine.usage_events'];

describe('a re-drive', () => {
  let landing: RestatedLanding;
  let rejected: Objects;

  before(async () => {
    landing = restatedLanding();
    const lake = aLake(new Map());
    const process = open(lake.root);
    for (const step of lineSteps) await step.run(process);
    await process.idle();
    landing.mend();
    rejected = lake.objects;
  });
  after(() => landing.remove());

  it('writes what passes now, once, where it came from; what does not stays', async () => {
    const { root } = aLake(rejected);
    const process = open(root);
    assert.deepEqual(counts(await redriveEvents(process.context, run, request)), [3, 4, 1, 1, 0]);
    assert.deepEqual(await places(process), [
      ['a 1', 'plain'],
      ['a 2', 'grown'],
      ['a 3', 'moved'],
      ['a 4', 'early1'],
      ['a 5', 'early2'],
      ['a 6', 'double'],
      ['a 7', 'unparseable'],
      ['b 2', 'event_id_conflict'],
      ['b 3', 'event_id_conflict'],
      ['b 4', 'costless'],
      ['b 4', 'cost_missing'],
      ['b 5', 'other'],
      ['c 1', 'event_id_conflict'],
      ['c 3', 'event_id_conflict'],
      ['c 4', 'last'],
    ]);
    const [whole] = (await rowsIn(process.context.lake, bronze)).filter((row) => row.event_id === 'early2');
    assert.equal(String(whole!.rescued).length, '{"note":""}'.length + 100_000);
    const again = await redriveEvents(open(root).context, { ...run, runId: 'again' }, request);
    assert.deepEqual(counts(again), [0, 5, 0, 0, 0]);
    await balances(process);
  });

  it('is completed by the next attempt when it is stopped at any write', async () => {
    const calm = aLake(rejected);
    await attempt(calm.root);
    const { writes } = calm.store;
    const expected = await stateOf(calm.root);
    let faults = 0;
    for (const kind of faultKinds) {
      for (const [write, path] of writes.entries()) {
        if (!isTried(kind, write, path)) continue;
        const lake = aLake(rejected);
        lake.store.arm({ kind, write });
        await attempt(lake.root).catch(() => undefined);
        lake.store.arm(null);
        const result = await attempt(lake.root);
        const what = `${kind} at write ${write}, ${path}`;
        assert.deepEqual(await stateOf(lake.root), expected, what);
        assert.deepEqual(counts(result), [5, 1, 4, 1, 2], what);
        faults++;
      }
    }
    console.log(`${faults} faults`);
  });

  it('is found unfinished by the audit, and finished by whoever comes next', async () => {
    const calm = aLake(rejected);
    await attempt(calm.root);
    const lake = aLake(rejected);
    const follows = calm.store.writes.findIndex((path) => path.startsWith('quarantine/usage_events/_delta_log/'));
    // The disk is full when the quarantine is to follow.
    lake.store.arm({ kind: 'full', write: follows, stays: true });
    await assert.rejects(attempt(lake.root), /ENOSPC/);
    lake.store.arm(null);
    const { context } = open(lake.root);
    const scope = await auditScope(context.lake, 'everything', await versionsNow(context.lake));
    let nowMs = Date.now();
    const hasty = { ...context, clock: () => (nowMs += 20_000) };
    const wrong = (await auditBronze(hasty, run, scope)).filter(({ passed }) => !passed);
    assert.match(wrong[0]!.finding, /difference -\d; a re-drive was stopped before the quarantine followed it/);
    assert.equal(wrong.length, 1);
    // Whatever it is asked for.
    await redriveEvents(context, { ...run, runId: 'next' }, { ...request, rules: ['unparseable'] });
    await balances(open(lake.root));
  });

  it('does nothing twice when an attempt comes late', async () => {
    const calm = aLake(rejected);
    await attempt(calm.root);
    const expected = await stateOf(calm.root);
    for (const path of calm.store.writes.filter((p) => p.includes('/_delta_log/'))) {
      const lake = aLake(rejected);
      const other = anotherAddress(lake.objects);
      lake.store.beforeWrite = async (written) => {
        if (written !== path) return;
        lake.store.beforeWrite = async () => undefined;
        await attempt(other);
      };
      await attempt(lake.root);
      assert.deepEqual(await stateOf(lake.root), expected, path);
    }
  });

  it('beside another one and beside a stream moves every line once', async () => {
    const { root, objects } = aLake(rejected);
    landing.events('d.jsonl', [eventLine('early2', { cost_usd_increment: 7 }), eventLine('new')]);
    const others = [root, anotherAddress(objects), anotherAddress(objects)].map(open);
    const results = await Promise.all([
      drainEvents(others[2]!.context, run, others[2]!.index),
      ...others.slice(0, 2).map(({ context }, n) => redriveEvents(context, { ...run, runId: `run ${n}` }, accepting)),
    ]);
    const process = open(root);
    await redriveEvents(process.context, { ...run, runId: 'last' }, accepting);
    const written = results.slice(1).reduce((n, { written: w }) => n + w, 0);
    assert.ok(written >= 4 && written <= 6, `${written} rows written`);
    await balances(process);
    const rows = await rowsIn(process.context.lake, bronze, 'event_id');
    assert.deepEqual(
      rows.map((r) => [r.event_id, r.cost_usd_increment, r.carbon_kg]),
      [
        ['costless', null, '0.25'],
        ['double', '20', '0.25'],
        ['early1', '1.5', '0.25'],
        // What landed last, though the re-drive brought the one before it in.
        ['early2', '7', '0.25'],
        ['grown', '1.5', '0.25'],
        ['last', '1.5', '0.25'],
        ['moved', '6', '0.25'],
        ['new', '1.5', '0.25'],
        ['other', '2', '0.25'],
        ['plain', '1.5', '0.25'],
      ],
    );
    // The index of a stream that has seen Bronze before follows what went out and came in.
    const [stream] = others.slice(2);
    landing.events('e.jsonl', [eventLine('moved', { cost_usd_increment: 6, timestamp: '2025-07-05T10:00:00Z' })]);
    const later = await drainEvents(stream!.context, { ...run, runId: 'later' }, stream!.index);
    assert.deepEqual([later.read, later.duplicate], [1, 1]);
  });

  it('moves the only event of a day that no build has seen: what was served of it goes', async () => {
    const day = restatedLanding();
    try {
      day.events('f.jsonl', [eventLine('only', { timestamp: '2025-07-08T10:00:00Z' })]);
      day.events('g.jsonl', [eventLine('only', { timestamp: '2025-07-09T10:00:00Z' })], '2025-08-02T00:00:00Z');
      const { root } = aLake(new Map());
      const process = freshProcess(root, day.folder, 4000);
      const { context } = process;
      await drainEvents(context, run, process.index);
      await advanceSpeed(context, run);
      const increments = async (): Promise<unknown[]> =>
        (await rowsIn(context.lake, orgDailyUsageByServiceSpeed.name)).map((r) => r.usage_date).sort();
      assert.ok((await increments()).includes('2025-07-08'));
      unlinkSync(day.path('usage_events_stream/f.jsonl'));
      const { written, replaced } = await redriveEvents(context, run, accepting);
      assert.deepEqual([written, replaced], [3, 3]);
      await assert.rejects(advanceSpeed(context, run), /takes rows out; run the batch layer first/);
      for (const table of ['silver.usage_events', 'gold.org_daily_usage_by_service']) {
        await buildDirty(context, run, { table, dates: null });
      }
      await advanceSpeed(context, run);
      await dropConsumed(context);
      assert.deepEqual(await increments(), []);
      const mart = await rowsIn(context.lake, 'gold.org_daily_usage_by_service', 'usage_date');
      assert.deepEqual(
        mart.map((r) => [r.usage_date, r.event_count]),
        [
          ['2025-07-03', 2],
          ['2025-07-04', 1],
          ['2025-07-05', 2],
          ['2025-07-09', 1],
        ],
      );
      // The line is gone with its file: what it said is not.
      const old = (await rowsIn(context.lake, quarantine)).find((r) => r.event_id === 'only')!;
      const line = Buffer.from(old.raw as never).toString();
      assert.match(line, /^\{"event_id":"only","timestamp":"2025-07-08T10:00:00.000000Z","org_id":"org_a",/);
    } finally {
      day.remove();
    }
  });

  async function attempt(root: string): Promise<RedrivenEvents> {
    const process = open(root);
    try {
      const result = await redriveEvents(process.context, run, accepting);
      await syncLedger(process.context, [bronze]);
      return result;
    } finally {
      await process.idle();
    }
  }

  function open(root: string): Process {
    return freshProcess(root, landing.folder, 4000);
  }
});

/** All faults when they are asked for (`npm run test:faults`); else those at commits, and the end of the process at every other file. */
function isTried(kind: FaultKind, write: number, path: string): boolean {
  return process.env.CPA_FAULTS === 'full' || path.includes('/_delta_log/') || (kind === 'crash' && write % 2 === 0);
}

function counts({ written, unchanged, quarantined, duplicate, replaced }: RedrivenEvents): number[] {
  return [written, unchanged, quarantined, duplicate, replaced];
}

/** Where every line is: its place, and the event in Bronze or the rule that holds it. */
async function places({ context: { lake } }: Process): Promise<string[][]> {
  const rows = [...(await rowsIn(lake, bronze)), ...(await rowsIn(lake, quarantine))];
  return rows
    .map((r) => [
      `${String(r.source_file).replace(/.*\/|\.jsonl/g, '')} ${r.source_row}`,
      String(r.rule_id ?? r.event_id),
    ])
    .sort(([a], [b]) => (a! < b! ? -1 : a! > b! ? 1 : 0));
}

/** The audit finds every line once. */
async function balances({ context }: Process): Promise<void> {
  await syncLedger(context, [bronze]);
  for (const kind of ['everything', 'changed'] as const) {
    const scope = await auditScope(context.lake, kind, await versionsNow(context.lake));
    const checks = [...(await auditBronze(context, run, scope)), ...(await auditSilver(context, run, scope))];
    assert.deepEqual(
      checks.filter(({ passed }) => !passed),
      [],
    );
  }
}

async function stateOf(root: string): Promise<unknown> {
  return lakeState(root, (table) => [bronze, quarantine, 'ops.ledger'].includes(table));
}

function aLake(start: Objects): { root: string; objects: Map<string, Uint8Array>; store: FaultyStore } {
  const root = `/redrive/${randomUUID()}`;
  const objects = new Map(start);
  return { root, objects, store: faultyStore(root, objects) };
}

function anotherAddress(objects: Map<string, Uint8Array>): string {
  const root = `/redrive/${randomUUID()}`;
  faultyStore(root, objects);
  return root;
}
