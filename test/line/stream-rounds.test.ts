/** Rounds of the continuous stream without Temporal: their length, their trigger, and what does not hold them up. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { drainEvents } from '../../activities/bronze-events.ts';
import type { ActivityContext, Run } from '../../activities/context.ts';
import type { Lag } from '../../activities/stream/queue.ts';
import type { RoundSoFar } from '../../activities/stream/round-so-far.ts';
import { EventStream } from '../../activities/stream/stream.ts';
import { faultyStore } from '../faults/faulty-store.ts';
import { freshProcess, type Process, run } from '../faults/steps.ts';
import { eventLine, type SmallLanding, smallLanding } from './small-landing.ts';
import { rowsIn } from './tables.ts';

describe('a round of the stream', () => {
  let root: string;
  let landing: SmallLanding;
  let objects: Map<string, Uint8Array>;
  let process: Process;
  let lakes = 0;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'cpa-rounds-'));
    landing = smallLanding();
    objects = new Map();
    process = aProcess();
  });
  afterEach(() => {
    landing.remove();
    rmSync(root, { recursive: true, force: true });
  });

  it('ends on time though the trigger is longer, and the next one keeps to the trigger', async () => {
    const hourly = { triggerMs: 3_600_000, roundMs: 300 };
    landing.events('1.jsonl', [eventLine('e1')]);
    assert.equal((await process.stream.round(run, hourly)).read, 1);
    landing.events('2.jsonl', [eventLine('e2')]);
    assert.equal((await process.stream.round(run, hourly)).read, 0);
    assert.equal((await process.stream.round(run, { ...hourly, triggerMs: 0 })).read, 1);
  });

  it('is not held up by a Cassandra that does not answer, and says so', async () => {
    const serving: ActivityContext['serving'] = () => new Promise(() => undefined);
    const stream = new EventStream({ ...process.context, serving }, process.index);
    landing.events('1.jsonl', [eventLine('e1')]);
    const options = { triggerMs: 0, roundMs: 300 };
    const round = await stream.round(run, options);
    assert.equal(round.written, 1);
    assert.match(round.serving.problem ?? '', /^a publication under way has not ended within 5 s$/);
    assert.ok(round.ms < 15_000, `${round.ms} ms`);
  });

  it('says while a micro-batch takes long what waits for it to end', async () => {
    landing.events('1.jsonl', [eventLine('e1')]);
    landing.events('2.jsonl', [eventLine('e2')]);
    let told = (_: RoundSoFar): void => undefined;
    const compute: ActivityContext['compute'] = {
      threads: 1,
      run: async (task, input, options): Promise<never> => {
        if (task === 'ingestEvents')
          await new Promise<RoundSoFar>((resolve) => (told = resolve)).then(({ lag }) => lags.push(lag));
        return process.context.compute.run(task, input, options) as never;
      },
    };
    const lags: Lag[] = [];
    const stream = new EventStream({ ...process.context, compute }, process.index);
    const report: Run['report'] = ({ round }) => told(round!);
    const { written, lag } = await stream.round({ ...run, report }, { triggerMs: 0, roundMs: 300 });
    assert.equal(written, 2);
    assert.deepEqual([lags[0]?.files, lag.files, lag.bytes], [2, 0, 0]);
    assert.ok(lags[0]!.bytes > 0);
  });

  it('counts what the attempts before it did, once', async () => {
    const scheduledMs = Date.now();
    const options = { triggerMs: 0, roundMs: 300 };
    const first = aProcess();
    landing.events('1.jsonl', [eventLine('e1'), 'no event', eventLine('e1')]);
    await first.stream.round({ ...run, scheduledMs }, options);
    landing.events('2.jsonl', [eventLine('e2'), eventLine('e3')], new Date().toISOString());
    const round = await process.stream.round({ ...run, scheduledMs, attempt: 2 }, options);
    const { batches, read, written, quarantined, duplicate } = round;
    assert.deepEqual(
      { batches, read, written, quarantined, duplicate },
      { batches: 2, read: 5, written: 3, quarantined: 1, duplicate: 1 },
    );
    assert.deepEqual([round.first, round.last], [0, 1]);
  });

  it('reads everything once when two streams and a run in one worker, and a stream in another, take turns and race', async () => {
    const other = aProcess();
    const streams = [process.stream, process.stream, other.stream];
    const options = { triggerMs: 0, roundMs: 400 };
    let ends = false;
    const rounds = streams.map(async (stream, i) => {
      for (let n = 0; !ends; n++) await stream.round({ ...run, runId: `${i}.${n}` }, options);
    });
    const drains = (async () => {
      while (!ends) await drainEvents(process.context, run, process.index);
    })();
    const ids: string[] = [];
    for (let file = 0; file < 12; file++) {
      const names = Array.from({ length: 4 }, (_, i) => `${file}.${i}`);
      landing.events(
        `${file}.jsonl`,
        [...names, ...ids.slice(-2)].map((id) => eventLine(id)),
        new Date().toISOString(),
      );
      ids.push(...names);
      await new Promise((wake) => setTimeout(wake, 100));
    }
    ends = true;
    await Promise.all([...rounds, drains]);
    await process.stream.round({ ...run }, options);
    const rows = await rowsIn(process.context.lake, 'bronze.usage_events');
    assert.deepEqual(rows.map((row) => row.event_id).sort(), ids.sort());
  });

  /** A process of its own over the one lake. */
  function aProcess(): Process {
    const address = join(root, `lake-${lakes++}`);
    faultyStore(address, objects);
    return freshProcess(address, landing.folder, 4000);
  }
});
