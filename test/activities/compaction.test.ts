/**
 * The line on compacted tables: landing to Gold in many micro-batches, with every table of the stream compacted between them, comes
 * to the same as without.
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { compactTables, type SmallFileTable, streamTables } from '../../activities/compaction.ts';
import { readLandingState } from '../../activities/landing-state.ts';
import {
  appendQuarantine,
  type Rejected,
  reconcileSilverQuarantine,
  writeQuarantine,
} from '../../activities/quarantine.ts';
import { generateLanding } from '../../cli/generate/landing.ts';
import { catalog } from '../../schemas/catalog.ts';
import type { Reject } from '../../transforms/reject.ts';
import { faultyStore } from '../faults/faulty-store.ts';
import { lakeState } from '../faults/lake-state.ts';
import { freshProcess, lineSteps, type Process, run } from '../faults/steps.ts';
import { rowsIn } from '../line/tables.ts';

const batchBytes = 4000;
const days = ['2025-07-03', '2025-07-04', '2025-07-05', '2025-07-06'];
/** Steps that write to the tables of the stream. */
const ofEvents: ReadonlySet<string> = new Set(['bronze.usage_events', 'silver.usage_events']);
/** Compacted as often as can be. */
const tables: readonly SmallFileTable[] = streamTables.map((table) => ({ ...table, minFiles: 2 }));

describe('the tables of the stream, compacted', () => {
  const root = mkdtempSync(join(tmpdir(), 'cpa-compaction-'));
  const landing = join(root, 'landing');
  const stream = join(landing, 'usage_events_stream');
  const waiting = join(root, 'waiting');

  before(async () => {
    await generateLanding({ events: 400, days: 4, seed: 12, orgs: 3, files: 24, out: landing });
    // Events that Silver refuses, lines that nobody can read, and events that were there before.
    for (const day of days) {
      const event = {
        event_id: `refund of ${day}`,
        timestamp: `${day}T01:00:00Z`,
        org_id: 'o',
        cost_usd_increment: -5,
      };
      writeFileSync(join(stream, `refund-${day}.jsonl`), `${JSON.stringify(event)}\n{"event_id": \n`);
      writeFileSync(join(stream, `refund-again-${day}.jsonl`), `${JSON.stringify(event)}\n`);
    }
    renameSync(stream, waiting);
    mkdirSync(stream);
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  it('hold the same rows, and everything made of them is the same', async () => {
    const plain = join(root, 'plain');
    const compacted = join(root, 'compacted');
    for (const lake of [plain, compacted]) faultyStore(lake, new Map());
    const processes = new Map([plain, compacted].map((lake) => [lake, freshProcess(lake, landing, batchBytes)]));
    const files = readdirSync(waiting).sort();
    let removed = 0;
    for (let from = 0; from < files.length; from += 8) {
      for (const file of files.slice(from, from + 8)) renameSync(join(waiting, file), join(stream, file));
      for (const [lake, process] of processes) {
        const isWhole = from === 0 || from + 8 >= files.length;
        for (const step of lineSteps.filter(({ name }) => isWhole || ofEvents.has(name))) {
          await step.run(process);
          if (lake === plain || !ofEvents.has(step.name)) continue;
          for (const done of await compactTables(process.context, run, tables, 2)) removed += done.filesRemoved;
        }
        await process.idle();
        // Somebody else goes on, who has only the lake.
        processes.set(lake, freshProcess(lake, landing, batchBytes));
      }
    }
    assert.ok(removed > 30, `${removed} files compacted`);
    const [expected, found] = await Promise.all([plain, compacted].map((lake) => lakeState(lake)));
    for (const { name } of catalog) {
      // The ledger names versions, and compaction makes some.
      if (name === 'ops.ledger') continue;
      assert.deepEqual(found![name]?.content, expected![name]?.content, name);
      assert.equal(found![name]?.txns.stream, expected![name]?.txns.stream, name);
    }
    const [first, second] = await Promise.all(
      [...processes.values()].map(({ context }) => rowsIn(context.lake, 'ops.ledger')),
    );
    assert.equal(first!.length, second!.length);
    const states = await Promise.all([...processes.values()].map(({ context }) => readLandingState(context.lake)));
    assert.deepEqual(states[0]!.last, states[1]!.last);
    assert.deepEqual(new Map([...states[0]!.files].sort()), new Map([...states[1]!.files].sort()));
  });

  it('are left alone once there is nothing to merge, and where there is no table', async () => {
    const { context } = freshProcess(join(root, 'compacted'), landing, batchBytes);
    for (let more = true; more; ) {
      more = (await compactTables(context, run, tables, 9)).some(({ version }) => version !== null);
    }
    const none = freshProcess(join(root, 'none'), landing, batchBytes);
    for (const { version, filesRemoved } of await compactTables(none.context, run, streamTables, 9)) {
      assert.deepEqual([version, filesRemoved], [null, 0]);
    }
    const aborted = { ...run, signal: AbortSignal.abort(new Error('shut down')) };
    await assert.rejects(compactTables(context, aborted, streamTables, 9), /shut down/);
  });

  it('quarantine: repeats stay out and rows that pass leave, whatever file they are in', async () => {
    const process = freshProcess(join(root, 'rejects'), landing, batchBytes);
    const { context } = process;
    const compact = async (): Promise<number> => {
      const [done] = await compactTables(
        context,
        run,
        tables.filter(({ name }) => name === 'quarantine.usage_events'),
        9,
      );
      return done!.filesRemoved;
    };
    for (let batch = 0; batch < 4; batch++) await reject(process, batch, [bronzeReject(batch)]);
    await reconcileSilverQuarantine(context, run, days.slice(0, 2), [silverReject(0, 0), silverReject(0, 1)], 1);
    await reconcileSilverQuarantine(context, run, days.slice(2), [silverReject(2, 2)], 1);
    assert.ok((await compact()) > 1);
    const rows = async () => (await rowsIn(context.lake, 'quarantine.usage_events')).map((r) => r.reason).sort();
    const bronze = [0, 1, 2, 3].map((n) => `bronze ${n}`);
    assert.deepEqual(await rows(), [...bronze, 'silver 0', 'silver 1', 'silver 2']);

    await reject(process, 2, [bronzeReject(2)]);
    await reconcileSilverQuarantine(context, run, days.slice(0, 2), [silverReject(0, 1), silverReject(1, 3)], 2);
    assert.deepEqual(await rows(), [...bronze, 'silver 1', 'silver 2', 'silver 3']);
    await compact();
    await reconcileSilverQuarantine(context, run, days, [], 3);
    assert.deepEqual(await rows(), bronze);
  });
});

async function reject({ context }: Process, batch: number, rejected: readonly Rejected[]): Promise<void> {
  const adds = await writeQuarantine(context, run, 'usage_events', rejected);
  await appendQuarantine(context, 'usage_events', adds, { appId: 'stream', version: batch });
}

function bronzeReject(n: number): Rejected {
  return { reject: { ...rejectOf(`bronze ${n}`, n), layer: 'bronze' }, raw: new TextEncoder().encode(`line ${n}`) };
}

function silverReject(day: number, n: number): Rejected {
  const eventDate = Date.parse(`${days[day]}T00:00:00Z`) / 86_400_000;
  return { reject: { ...rejectOf(`silver ${n}`, 100 + n), eventDate, layer: 'silver' }, raw: null };
}

function rejectOf(reason: string, at: number): Omit<Reject, 'layer'> {
  return {
    sourceFile: 'usage_events_stream/a.jsonl',
    sourceGeneration: 0,
    sourceRow: at,
    sourceOffset: at * 10,
    byteLength: 9,
    ruleId: 'a rule',
    reason,
    eventId: null,
    eventDate: null,
    orgId: null,
    moneyHeld: null,
  };
}
