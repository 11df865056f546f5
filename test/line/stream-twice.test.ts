/** Two workers and two continuous streams under different ids, on one lake at the same time. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkBronze, checkEnd, liveLanding, producing, readToTheEnd, startStream } from '../faults/live.ts';
import { startWorkerProcess } from '../faults/worker-process.ts';
import { testLine } from './line.ts';

const isFull = process.env.CPA_FAULTS === 'full';
const root = mkdtempSync(join(tmpdir(), 'cpa-stream-twice-'));
let landing: string;

before(async () => {
  landing = await liveLanding(root);
});
after(() => rmSync(root, { recursive: true, force: true }));

it('two streams in two workers leave what one run leaves, and serve it', async () => {
  const env = { CPA_BATCH_BYTES: '20000' };
  const line = await testLine({ landing, env });
  const other = await startWorkerProcess({ line, landing, env });
  try {
    if (isFull) await line.run('dailyRun');
    const streams = [await startStream(line), await startStream(line)];
    const source = producing(landing);
    await sleep(isFull ? 60_000 : 5000);
    const { events } = await source.end();
    const { drainMs, serveMs } = await readToTheEnd(line, source, streams);
    console.log(`${events} events by two streams: read ${drainMs} ms after the last one, served ${serveMs} ms later`);
    await (isFull ? checkEnd : checkBronze)(line, landing, streams);
  } finally {
    await other.stop();
    await line.stop();
  }
});
