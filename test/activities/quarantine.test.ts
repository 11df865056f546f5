/** The quarantine of events, which the stream and Silver write at the same time. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { it } from 'node:test';
import type { ActivityContext } from '../../activities/context.ts';
import { appendQuarantine, reconcileSilverQuarantine, writeQuarantine } from '../../activities/quarantine.ts';
import { readFiles } from '../../engine/delta/read.ts';
import { pathOf } from '../../schemas/contract.ts';
import type { Reject } from '../../transforms/reject.ts';
import { faultyStore } from '../faults/faulty-store.ts';
import { freshProcess, run } from '../faults/steps.ts';
import { dayOf, rowsOf } from '../transforms/rows.ts';

const name = 'quarantine.usage_events';
const day = '2025-07-07';

const reject = (layer: Reject['layer'], sourceRow: number): Reject => ({
  sourceFile: 'a.jsonl',
  sourceGeneration: 1,
  sourceRow,
  sourceOffset: 100 * sourceRow,
  byteLength: 100,
  layer,
  ruleId: layer === 'silver' ? 'cost_missing' : 'unparseable',
  reason: 'of a test',
  eventId: null,
  eventDate: layer === 'silver' ? dayOf(day) : null,
  orgId: null,
  moneyHeld: null,
});

async function held({ lake }: ActivityContext): Promise<(readonly unknown[])[]> {
  const { metadata, files } = (await lake.table(name).latest())!;
  const rows = rowsOf(await readFiles(lake.store, pathOf(name), metadata, files));
  return rows.map((r) => [r.layer, r.source_row] as const).sort();
}

it('takes what Silver rejects between the appends of a stream, however close they are', async () => {
  const objects = new Map<string, Uint8Array>();
  const open = (beforeWrite?: (path: string) => Promise<void>) => {
    const root = `/quarantine/${randomUUID()}`;
    const store = faultyStore(root, objects);
    if (beforeWrite !== undefined) store.beforeWrite = beforeWrite;
    return { context: freshProcess(root, '/nowhere', 1).context, store };
  };
  const { context: stream } = open();
  let batch = 0;
  const append = async (): Promise<void> => {
    const rejected = [{ reject: reject('bronze', 1000 + batch), raw: null }];
    const adds = await writeQuarantine(stream, run, 'usage_events', rejected);
    await appendQuarantine(stream, 'usage_events', adds, { appId: 'stream', version: batch++ });
  };
  await append();
  // One more for every file that is written for a commit, as long as it is tried.
  const { context: silver, store } = open(async (path) => {
    if (path.endsWith('.parquet') && batch < 20) await append();
  });
  const judge = (rows: readonly number[], version: number) =>
    reconcileSilverQuarantine(
      silver,
      run,
      [day],
      rows.map((row) => ({ reject: reject('silver', row), raw: null })),
      version,
    );
  await judge([1, 2], 1);
  await judge([2, 3], 2);
  // An attempt that comes late.
  await judge([1], 1);
  assert.ok(batch < 10, `${batch} appends`);
  assert.equal(store.writes.filter((path) => path.endsWith('.parquet')).length, 2);
  const ofSilver = (await held(silver)).filter(([layer]) => layer === 'silver');
  assert.deepEqual(ofSilver, [
    ['silver', 2],
    ['silver', 3],
  ]);
  assert.equal((await held(silver)).length, 2 + batch);
});
