/**
 * Every activity of the line, stopped at every one of its writes in every way: after the next attempt the lake is as if nothing
 * had happened, down to versions, `txn` entries and ledger rows.
 */
import assert from 'node:assert/strict';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { generateLanding } from '../../cli/generate/landing.ts';
import { Lake } from '../../engine/delta/lake.ts';
import { openStore } from '../../engine/storage/open.ts';
import { type FaultKind, type FaultyStore, faultKinds, faultyStore, type Objects } from '../faults/faulty-store.ts';
import { changed, lakeState } from '../faults/lake-state.ts';
import { freshProcess, lineSteps, type Step } from '../faults/steps.ts';
import { rowsIn } from './tables.ts';

const batchBytes = 4000;

interface TriedLake {
  readonly root: string;
  readonly objects: Objects;
  readonly store: FaultyStore;
}

describe('an activity that is stopped at any write', () => {
  const root = mkdtempSync(join(tmpdir(), 'cpa-crash-'));
  const landing = join(root, 'landing');
  const events = join(landing, 'usage_events_stream');
  const waiting = join(root, 'waiting');
  let lakes = 0;
  let line: Objects = new Map();

  before(async () => {
    await generateLanding({ events: 60, days: 4, seed: 11, orgs: 3, files: 6, out: landing });
    mkdirSync(waiting);
    for (const file of readdirSync(events).sort().slice(3)) renameSync(join(events, file), join(waiting, file));
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  it('is completed by the next attempt, while the tables come into being', async () => {
    line = await everyWrite(line);
  });

  it('is completed by the next attempt, when late events and new masters change what is there', async () => {
    for (const file of readdirSync(waiting)) renameSync(join(waiting, file), join(events, file));
    for (const master of ['customers_orgs.csv', 'users.csv']) dropLastLine(join(landing, master));
    appendFileSync(join(landing, 'support_tickets.csv'), 'not a ticket\n');
    line = await everyWrite(line);
  });

  it('keeps the rejects of a master that is replaced before the next attempt', async () => {
    const step = lineSteps.find(({ name }) => name === 'bronze.support_tickets')!;
    const file = join(landing, 'support_tickets.csv');
    const header = readFileSync(file, 'utf8').split('\n')[0]!;
    const keyless = (subject: string): string => header.replace('ticket_id', '').replace(/[a-z_]+/g, subject);
    const tried = aLake(new Map());
    writeFileSync(file, `${header}\n${keyless('a')}\n`);
    tried.store.arm({ kind: 'crash', write: 2 });
    await assert.rejects(attempt(tried.root, step));
    assert.ok(tried.store.writes[2]!.startsWith('quarantine/support_tickets/_delta_log/'), tried.store.writes[2]);
    tried.store.arm(null);
    writeFileSync(file, `${header}\n${keyless('b')}\n`);
    await attempt(tried.root, step);
    const raws = (await rowsIn(new Lake(openStore(tried.root), Date.now), 'quarantine.support_tickets')).map(
      (r) => r.raw,
    );
    assert.equal(raws.length, 2);
  });

  /** Runs the line step by step, each step from the same lake for every fault. Returns the lake the line ends with. */
  async function everyWrite(start: Objects): Promise<Objects> {
    let lake = start;
    let faults = 0;
    for (const step of lineSteps) {
      const undisturbed = aLake(lake);
      await attempt(undisturbed.root, step);
      const expected = await lakeState(undisturbed.root, changed(lake, undisturbed.objects));
      for (const kind of faultKinds) {
        for (const [write, path] of undisturbed.store.writes.entries()) {
          if (!isTried(kind, write, path)) continue;
          const what = `${step.name}: ${kind} at write ${write}, ${path}`;
          const tried = aLake(lake);
          await disturbed(tried, step, kind, write, what);
          assert.deepEqual(await lakeState(tried.root, changed(lake, tried.objects)), expected, what);
          faults++;
        }
      }
      lake = undisturbed.objects;
    }
    console.log(`${faults} faults`);
    return lake;
  }

  function aLake(start: Objects): TriedLake {
    const lakeRoot = join(root, `lake-${lakes++}`);
    const objects = new Map(start);
    return { root: lakeRoot, objects, store: faultyStore(lakeRoot, objects) };
  }

  async function attempt(lakeRoot: string, step: Step, process = freshProcess(lakeRoot, landing, batchBytes)) {
    await step.run(process);
    await process.idle();
  }

  async function disturbed(lake: TriedLake, step: Step, kind: FaultKind, write: number, what: string): Promise<void> {
    const process = freshProcess(lake.root, landing, batchBytes);
    lake.store.arm({ kind, write });
    // A commit that finds out by itself how it ended, or a checkpoint, does not fail its activity.
    await attempt(lake.root, step, process).catch(() => undefined);
    await process.idle();
    assert.ok(lake.store.writes.length > write, `${what}: never came there`);
    lake.store.arm(null);
    await attempt(lake.root, step, kind === 'crash' ? undefined : process);
  }
});

/**
 * Whether a fault is worth its time: every one when all faults are asked for (`npm run test:faults`); else the end of the process at
 * commits, checkpoints and one data file in four, and other faults at every other commit.
 */
function isTried(kind: FaultKind, write: number, path: string): boolean {
  if (process.env.CPA_FAULTS === 'full') return true;
  const isCommit = path.includes('/_delta_log/');
  if (kind === 'crash') return isCommit || write % 4 === 0;
  return isCommit && write % 2 === 0;
}

function dropLastLine(file: string): void {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  writeFileSync(file, `${lines.slice(0, -1).join('\n')}\n`);
}
