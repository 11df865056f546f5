/** What a worker with a running stream tells of it in its metrics. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { startStream, stopStream } from '../../cli/stream/running-stream.ts';
import { freePorts } from '../../stack/ports.ts';
import { connectTemporal } from '../../worker/temporal.ts';
import { type TestLine, testLine } from './line.ts';
import { eventLine, type SmallLanding, smallLanding } from './small-landing.ts';

describe('the metrics of a worker', () => {
  let landing: SmallLanding;
  let line: TestLine;
  let address: string;

  before(async () => {
    landing = smallLanding();
    address = `127.0.0.1:${(await freePorts(1))[0]}`;
    line = await testLine({ landing: landing.folder, env: { CPA_METRICS_ADDRESS: address } });
  });
  after(async () => {
    await line.stop();
    landing.remove();
  });

  /** Values by name, of this line's task queue. */
  const metrics = async (): Promise<Map<string, number>> => {
    const text = await (await fetch(`http://${address}/metrics`)).text();
    const values = new Map<string, number>();
    for (const [, name, tags, value] of text.matchAll(/^(cpa_\w+)\{(.*)\} (\S+)$/gm))
      if (tags!.includes(`taskQueue="${line.taskQueue}"`)) values.set(name!, (values.get(name!) ?? 0) + Number(value));
    return values;
  };
  const metricsOnce = async (holds: (values: Map<string, number>) => boolean): Promise<Map<string, number>> => {
    for (const deadline = Date.now() + 60_000; ; await wait(100)) {
      const values = await metrics();
      if (holds(values)) return values;
      assert.ok(Date.now() < deadline, JSON.stringify([...values]));
    }
  };

  it('count rows and micro-batches, and say how far Bronze and Cassandra are behind', async () => {
    const startedMs = Date.now();
    const { handle } = await startStream(line.client, line.taskQueue, null);
    const first = eventLine('e1', { timestamp: '2025-07-10T00:00:00Z' });
    landing.events('1.jsonl', [first]);
    await metricsOnce((m) => m.get('cpa_stream_rows_written_total') === 1);
    landing.events('2.jsonl', [eventLine('e2'), first, 'not an event']);
    const values = await metricsOnce(
      (m) => m.get('cpa_stream_rows_read_total') === 4 && (m.get('cpa_stream_publications_total') ?? 0) > 0,
    );
    const of = (name: string): number | undefined => values.get(`cpa_stream_${name}`);
    assert.deepEqual(
      ['written', 'quarantined', 'duplicate', 'late'].map((kind) => of(`rows_${kind}_total`)),
      [2, 1, 1, 1],
    );
    assert.equal(of('micro_batches_total'), 2);
    assert.ok(of('micro_batch_seconds')! > 0 && of('publication_seconds')! > 0, JSON.stringify([...values]));
    const lags = ['serving_lag_seconds', 'lag_files', 'lag_bytes', 'lag_seconds'];
    const idle = await metricsOnce((m) => lags.every((name) => m.get(`cpa_stream_${name}`) === 0));
    assert.ok(idle.get('cpa_stream_served_timestamp_seconds')! * 1000 >= startedMs - 1000);
    await stopStream(handle);
  });

  it('are those of all workers of the process: a second one goes along with them', async () => {
    const other = await testLine({ landing: landing.folder });
    try {
      await other.run('bronzeBatch');
      assert.ok((await metrics()).size > 0);
    } finally {
      await other.stop();
    }
  });

  it('are served at one address: another one is refused', async () => {
    const [port] = await freePorts(1);
    await assert.rejects(
      connectTemporal({ address: process.env.CPA_TEST_TEMPORAL!, metricsAddress: `127.0.0.1:${port}` }),
      { message: `metrics cannot be served at 127.0.0.1:${port}: this process serves ${address}` },
    );
  });
});
