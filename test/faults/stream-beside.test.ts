/** Daily runs while the continuous stream goes on reading: neither hinders the other. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import type { DailyRunResult } from '../../workflows/daily-run.ts';
import { testLine } from '../line/line.ts';
import {
  bronzeVersion,
  checkEnd,
  liveLanding,
  producing,
  readToTheEnd,
  startStream,
  untilBronzeGrows,
} from './live.ts';

const runs = 8;
const root = mkdtempSync(join(tmpdir(), 'cpa-stream-beside-'));
let landing: string;

before(async () => {
  landing = await liveLanding(root);
});
after(() => rmSync(root, { recursive: true, force: true }));

it('daily runs pass beside a stream, and each takes over what the stream has served', async () => {
  const line = await testLine({ landing });
  try {
    await line.run('dailyRun');
    const stream = await startStream(line);
    const source = producing(landing);
    for (let run = 0; run < runs; run++) {
      await untilBronzeGrows(line, await bronzeVersion(line));
      const { audit } = await line.run<DailyRunResult>('dailyRun');
      assert.equal(audit?.passed, true);
    }
    await untilBronzeGrows(line, await bronzeVersion(line));
    const { events } = await source.end();
    await readToTheEnd(line, source, [stream]);
    console.log(`${runs} daily runs beside a stream of ${events} events`);
    await checkEnd(line, landing, [stream]);
  } finally {
    await line.stop();
  }
});
