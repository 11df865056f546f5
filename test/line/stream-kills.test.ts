/** The continuous stream with its worker killed at random moments: a few here, many with `npm run test:faults`. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StreamResult } from '../../workflows/stream-result.ts';
import {
  bronzeVersion,
  checkEnd,
  liveLanding,
  producing,
  readToTheEnd,
  startStream,
  untilBronzeGrows,
} from '../faults/live.ts';
import { commitsIn, ledgerOf } from '../faults/outcome.ts';
import { randomOf } from '../faults/seed.ts';
import { startWorkerProcess } from '../faults/worker-process.ts';
import { type TestLine, testLine } from './line.ts';

const kills = process.env.CPA_FAULTS === 'full' ? 50 : 2;
/** Most commits to the lake, and after them most milliseconds, that a worker lives. */
const [lifeCommits, jitterMs] = [30, 150];

describe(`a stream whose worker is killed ${kills} times`, () => {
  const root = mkdtempSync(join(tmpdir(), 'cpa-stream-kills-'));
  const random = randomOf('stream kills');
  let landing: string;

  before(async () => {
    landing = await liveLanding(root);
  });
  /** Event rows that were read, according to the ledger. */
  const rowsRead = async (line: TestLine): Promise<number> => (await ledgerOf(line))['bronze.usage_events']![0]!;

  after(() => rmSync(root, { recursive: true, force: true }));

  it('leaves what one run over the same files leaves, and serves it all the time', async () => {
    const line = await testLine({ landing, worker: false });
    const place = { line, landing, env: { CPA_BATCH_BYTES: '500000' } };
    let worker = await startWorkerProcess(place);
    try {
      await line.run('dailyRun');
      const readBefore = await rowsRead(line);
      const stream = await startStream(line);
      const source = producing(landing);
      await untilBronzeGrows(line, await bronzeVersion(line));
      const waits: number[] = [];
      for (let kill = 0; kill < kills; kill++) {
        const before = commitsIn(line.lakeRoot) + random.below(lifeCommits);
        while (commitsIn(line.lakeRoot) < before) await sleep(5);
        await sleep(random.below(jitterMs));
        await worker.kill();
        const version = await bronzeVersion(line);
        const killedMs = Date.now();
        worker = await startWorkerProcess(place);
        await untilBronzeGrows(line, version);
        waits.push(Date.now() - killedMs);
        console.log(`killed at version ${version} of Bronze; it grew again after ${waits.at(-1)} ms`);
      }
      const { events, late, duplicate, malformed, files } = await source.end();
      const { drainMs, serveMs } = await readToTheEnd(line, source, [stream]);
      waits.sort((a, b) => a - b);
      console.log(
        `${kills} kills in ${events} events (${late} late, ${duplicate} repeats, ${malformed} broken) of ${files} files; ` +
          `Bronze went on after ${waits[waits.length >> 1]} ms, at most ${waits.at(-1)}; ` +
          `all read ${drainMs} ms after the last event, served ${serveMs} ms later`,
      );
      assert.ok(late > 0 && duplicate > 0 && malformed > 0);
      await checkEnd(line, landing, [stream]);
      const { totals } = (await stream.result()) as StreamResult;
      assert.equal(totals?.read, (await rowsRead(line)) - readBefore, 'the stream has not counted what it read');
    } finally {
      await worker.stop();
      await line.stop();
    }
  });
});
