/** A continuous stream that hands over to the next run again and again: a Temporal of its own asks for that after few events. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { WorkflowHandle } from '@temporalio/client';
import type { DrainResult } from '../../activities/bronze-events.ts';
import { accepts, keptPorts } from '../../stack/ports.ts';
import { type RunningService, startService, untilReady } from '../../stack/service.ts';
import { temporalBinary } from '../../stack/temporal-binary.ts';
import type { StreamStatus } from '../../workflows/continuous-stream.ts';
import type { StreamResult } from '../../workflows/stream-result.ts';
import { type TestLine, testLine } from './line.ts';
import { eventLine, type SmallLanding, smallLanding } from './small-landing.ts';
import { rowsIn } from './tables.ts';
import { until } from './until.ts';

/** Events of a history after which the server suggests to continue as new; a round takes about ten. */
const suggestedAfter = 25;

describe('a stream that continues as new', () => {
  const shared = process.env.CPA_TEST_TEMPORAL;
  const home = mkdtempSync(join(tmpdir(), 'cpa-continued-'));
  let temporal: RunningService;
  let landing: SmallLanding;
  let line: TestLine;
  let stream: WorkflowHandle;
  let files = 0;

  before(async () => {
    landing = smallLanding();
    const [port = 0, uiPort = 0] = await keptPorts(join(home, 'ports.json'), 2);
    const spec = {
      name: 'Temporal',
      command: await temporalBinary(() => undefined),
      args: [
        ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--ui-port', String(uiPort)],
        ...['--headless', '--log-level', 'error'],
        ...['--dynamic-config-value', `limit.historyCount.suggestContinueAsNew=${suggestedAfter}`],
      ],
      logFile: join(home, 'temporal.log'),
      graceSeconds: 5,
    };
    temporal = await startService(spec);
    await untilReady(temporal, spec, 60_000, () => accepts('127.0.0.1', port));
    process.env.CPA_TEST_TEMPORAL = `127.0.0.1:${port}`;
    line = await until('the namespace is there', () => testLine({ landing: landing.folder }).catch(() => null));
  });
  after(async () => {
    process.env.CPA_TEST_TEMPORAL = shared;
    await line?.stop();
    await temporal.stop();
    landing.remove();
    rmSync(home, { recursive: true, force: true });
  });

  it('keeps its totals and its trigger, and answers every drain', { timeout: 120_000 }, async () => {
    stream = await line.start('bronzeStream', { mode: 'continuous', triggerMs: 5 });
    const runs = new Set<string>();
    let landed = 0;
    // Each run ends after so many events of its history, however many rounds that takes.
    while (runs.size < 3) {
      landed += land(2);
      // Asked from several sides, each as soon as it has an answer.
      await Promise.all([drain(), drain(), drain()]);
      assert.equal((await rowsIn(line.lake(), 'bronze.usage_events')).length, landed);
      runs.add((await stream.describe()).runId);
    }
    const { triggerMs, totals, state } = await stream.query<StreamStatus>('status');
    assert.deepEqual([triggerMs, totals.read, totals.written, state], [5, landed, landed, 'running']);
    await stream.signal('stop');
    const result = (await stream.result()) as StreamResult;
    assert.equal(result.totals?.read, landed);
    console.log(`${runs.size} runs, ${result.totals?.rounds} rounds`);
  });

  function drain(): Promise<DrainResult> {
    return stream.executeUpdate<DrainResult, []>('drain');
  }

  /** A file of so many events lands. */
  function land(events: number): number {
    const file = String(files++).padStart(4, '0');
    const lines = Array.from({ length: events }, (_, i) => eventLine(`event ${file}.${i}`));
    landing.events(`${file}.jsonl`, lines, new Date().toISOString());
    return events;
  }
});
