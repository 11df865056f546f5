/**
 * An attempt that goes on after another has taken over: each activity is held before each of its writes until a second attempt, in
 * another process, is done. What the first does then changes nothing.
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { generateLanding } from '../../cli/generate/landing.ts';
import { faultyStore, type Objects } from '../faults/faulty-store.ts';
import { changed, lakeState, type TableState } from '../faults/lake-state.ts';
import { freshProcess, lineSteps, type Process, type Step } from '../faults/steps.ts';

const batchBytes = 4000;
/** Every table with `npm run test:faults`; else the one whose effects are on two tables. */
const everywhere = process.env.CPA_FAULTS === 'full';
const days = ['2025-07-03', '2025-07-04', '2025-07-05', '2025-07-06'];

/** An event that Silver refuses. */
function refund(day: string): string {
  const event = { event_id: `refund of ${day}`, timestamp: `${day}T01:00:00Z`, org_id: 'o', cost_usd_increment: -5 };
  return `${JSON.stringify(event)}\n`;
}

describe('an attempt that goes on after another took over', () => {
  const root = mkdtempSync(join(tmpdir(), 'cpa-zombies-'));
  const landing = join(root, 'landing');
  const stream = join(landing, 'usage_events_stream');
  const waiting = join(root, 'waiting');
  let lakes = 0;

  before(async () => {
    await generateLanding({ events: 60, days: 4, seed: 12, orgs: 3, files: 6, out: landing });
    mkdirSync(waiting);
    for (const file of readdirSync(stream).sort().slice(3)) renameSync(join(stream, file), join(waiting, file));
    writeFileSync(join(waiting, 'refunds.jsonl'), days.map(refund).join(''));
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  it('adds nothing to what the other did', async () => {
    let lake: Objects = new Map();
    for (const step of lineSteps) {
      const { objects, writes } = await undisturbed(lake, [step]);
      const expected = await stateOf(lake, objects);
      for (const write of worthHolding(writes)) {
        const held = await holding(lake, step, write, (other) => step.run(other));
        assert.deepEqual(await stateOf(lake, held), expected, `${step.name} held at ${writes[write]}`);
      }
      lake = objects;
    }
  });

  it('adds nothing when both are in one process and share what it remembers', async () => {
    const drain = lineSteps.find((s) => s.name === 'bronze.usage_events')!;
    const { objects, writes } = await undisturbed(new Map(), [drain]);
    const expected = await stateOf(new Map(), objects);
    // Commits of one process queue behind each other: they cannot be held.
    for (const [write, path] of writes.entries()) {
      if (path.includes('/_delta_log/')) continue;
      const held = await holding(new Map(), drain, write, (_, same) => drain.run(same));
      assert.deepEqual(await stateOf(new Map(), held), expected, `held at ${path}`);
    }
  });

  it('takes nothing back when the other has seen later events', async () => {
    const bronze = lineSteps.slice(0, lineSteps.findIndex((s) => s.name === 'bronze.usage_events') + 1);
    const later = lineSteps.slice(bronze.length - 1);
    const first = (await undisturbed(new Map(), bronze)).objects;
    const between = async (step: Step, lake: Objects): Promise<void> => {
      const { writes } = await undisturbed(lake, [step]);
      for (const write of worthHolding(writes)) {
        let expected: Readonly<Record<string, unknown>> = {};
        const held = await holding(lake, step, write, async (other) => {
          move(waiting, stream);
          for (const next of later.slice(0, later.indexOf(step) + 1)) await next.run(other);
          await other.idle();
          expected = contents(await lakeState(other.context.lakeRoot));
        });
        assert.deepEqual(contents(await stateOf(new Map(), held)), expected, `${step.name} held at ${writes[write]}`);
        move(stream, waiting, 3);
      }
    };
    let lake = first;
    for (const step of later.slice(1)) {
      if (everywhere || step.name === 'silver.usage_events') await between(step, lake);
      lake = (await undisturbed(lake, [step])).objects;
    }
  });

  /** Runs steps on a copy of a lake. */
  async function undisturbed(lake: Objects, steps: readonly Step[]) {
    const objects = new Map(lake);
    const address = join(root, `lake-${lakes++}`);
    const store = faultyStore(address, objects);
    const process = freshProcess(address, landing, batchBytes);
    for (const step of steps) await step.run(process);
    await process.idle();
    return { objects: objects as Objects, writes: store.writes };
  }

  /** Holds a step on a copy of a lake before a write, lets `meanwhile` run, and then the step go on. */
  async function holding(
    lake: Objects,
    step: Step,
    write: number,
    meanwhile: (other: Process, same: Process) => Promise<unknown>,
  ): Promise<Objects> {
    const objects = new Map(lake);
    const [mine, others] = [join(root, `lake-${lakes++}`), join(root, `lake-${lakes++}`)];
    const store = faultyStore(mine, objects);
    faultyStore(others, objects);
    const process = freshProcess(mine, landing, batchBytes);
    const other = freshProcess(others, landing, batchBytes);
    let goOn = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const reached = new Promise<void>((resolve) => {
      let seen = 0;
      store.beforeWrite = async () => {
        if (seen++ !== write) return;
        resolve();
        await released;
      };
    });
    const zombie = step.run(process);
    await Promise.race([reached, zombie]);
    await meanwhile(other, process);
    await other.idle();
    goOn();
    await zombie;
    await process.idle();
    return objects;
  }

  /** The tables that differ from `before`. */
  function stateOf(before: Objects, objects: Objects): Promise<Readonly<Record<string, TableState>>> {
    const address = join(root, `lake-${lakes++}`);
    faultyStore(address, new Map(objects));
    return lakeState(address, changed(before, objects));
  }

  function move(from: string, to: string, skip = 0): void {
    for (const file of readdirSync(from).sort().slice(skip)) renameSync(join(from, file), join(to, file));
  }
});

/** Writes to hold at: every commit, and the first data file before one. */
function worthHolding(writes: readonly string[]): number[] {
  const isCommit = (path: string | undefined): boolean => path?.includes('/_delta_log/') ?? true;
  return writes.flatMap((path, i) => (isCommit(path) || isCommit(writes[i - 1]) ? [i] : []));
}

function contents(states: Readonly<Record<string, TableState>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(states).map(([name, { content }]) => [name, content]));
}
