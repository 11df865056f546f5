/**
 * `npm run histories [-- <name>…]`: records the histories that `replay.test.ts` replays, all of them or those named (the runs
 * before them are made, too), on a stack of its own.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { WorkflowHandle } from '@temporalio/client';
import { startStack } from '../../stack/stack.ts';
import { temporalBinary } from '../../stack/temporal-binary.ts';
import { testLine } from '../line/line.ts';
import { smallLanding } from '../line/small-landing.ts';
import { recordings } from './recordings.ts';
import { impersonal, type StoredHistory, store } from './stored.ts';

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in recordings));
if (unknown.length > 0) {
  console.error(`no recording ${unknown.join(', ')}; the recordings are ${Object.keys(recordings).join(', ')}`);
  process.exit(2);
}
const home = mkdtempSync(join(tmpdir(), 'cpa-histories-'));
const stack = await startStack({ home, brief: true, log: console.log });
try {
  process.env.CPA_TEST_TEMPORAL = stack.temporal.address;
  process.env.CPA_TEST_CASSANDRA = JSON.stringify(stack.cassandra);
  const landing = smallLanding();
  const line = await testLine({ landing: landing.folder });
  const names = new Map([
    [`${process.pid}@${hostname()}`, 'worker'],
    [line.folder, '/lake'],
    [landing.folder, '/landing'],
    [line.taskQueue, 'line'],
    [line.taskQueue.slice('test-'.length), 'recorded'],
    ...stack.cassandra.contactPoints.map((place) => [place, 'cassandra'] as const),
    [line.cassandra.keyspace, 'line'],
  ]);
  try {
    for (const [name, record] of Object.entries(recordings)) {
      const run = await record({ line, landing });
      if (wanted.length > 0 && !wanted.includes(name)) continue;
      const history = impersonal(await exported(run), names);
      console.log(`${name}: ${history.events.length} events, ${store(name, history)} bytes`);
    }
  } finally {
    await line.stop();
    landing.remove();
  }
} finally {
  await stack.stop();
  rmSync(home, { recursive: true, force: true });
}
process.exit();

/** As the CLI exports it: the JSON of the client's own objects is not what `Worker.runReplayHistories` reads. */
async function exported({ workflowId }: WorkflowHandle): Promise<StoredHistory> {
  const { stdout } = await promisify(execFile)(
    await temporalBinary(console.log),
    ['workflow', 'show', '--workflow-id', workflowId, '--output', 'json', '--address', stack.temporal.address],
    { maxBuffer: 2 ** 28 },
  );
  return JSON.parse(stdout) as StoredHistory;
}
