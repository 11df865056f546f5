/** Schedules whose server is down when runs are due, and runs that are due while one is under way. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ScheduleHandle, ScheduleOverlapPolicy } from '@temporalio/client';
import { applySchedules } from '../../cli/schedules/apply.ts';
import { optionsOf, type ScheduleDefinition, scheduleDefinitions } from '../../cli/schedules/definitions.ts';
import { trigger } from '../../cli/schedules/requests.ts';
import { type RunningTemporal, startTemporal } from '../../stack/temporal.ts';
import { loadConfig } from '../../worker/config.ts';
import { secret, type TestReceiver, testReceiver } from '../alerts/receiver.ts';
import { type TestLine, testLine } from '../line/line.ts';
import { type SmallLanding, smallLanding } from '../line/small-landing.ts';
import { rowsIn } from '../line/tables.ts';

/** Seconds between runs, and of an outage. */
const periodS = 5;
const outageS = 28;

describe('a schedule', () => {
  const home = mkdtempSync(join(tmpdir(), 'cpa-schedules-'));
  const shared = process.env.CPA_TEST_TEMPORAL;
  const definitions = scheduleDefinitions(loadConfig({}).schedules);
  let landing: SmallLanding;
  let receiver: TestReceiver;
  let temporal: RunningTemporal;
  let line: TestLine;

  before(async () => {
    landing = smallLanding();
    receiver = await testReceiver();
    temporal = await startTemporal({ home, log: () => undefined });
    process.env.CPA_TEST_TEMPORAL = temporal.address;
    const env = { CPA_NOTIFY_URL: receiver.url, CPA_NOTIFY_SECRET: secret };
    line = await testLine({ landing: landing.folder, env });
  });
  after(async () => {
    await line.stop();
    await temporal.stop();
    await receiver.close();
    landing.remove();
    rmSync(home, { recursive: true, force: true });
    process.env.CPA_TEST_TEMPORAL = shared;
  });

  /** A schedule as defined, but of another workflow, every few seconds (`calendars` empty: never), and with other policies. */
  async function scheduled(
    id: string,
    change: Partial<ScheduleDefinition>,
    policies: { overlap?: ScheduleOverlapPolicy; catchupWindow?: number } = {},
    isRecurring = true,
  ): Promise<ScheduleHandle> {
    const options = optionsOf({ ...definitions[0]!, ...change }, line.taskQueue);
    const second = { start: 0, end: 59, step: periodS };
    return line.client.schedule.create({
      ...options,
      scheduleId: id,
      spec: { calendars: isRecurring ? [{ second, minute: '*', hour: '*' }] : [] },
      policies: { ...options.policies, ...policies },
      action: { ...options.action, args: [...options.action.args], workflowId: id },
    });
  }

  async function runsOf({ scheduleId }: ScheduleHandle): Promise<Map<number, string>> {
    const runs = new Map<number, string>();
    const query = `TemporalScheduledById = "${scheduleId}"`;
    for await (const { searchAttributes, status } of line.client.workflow.list({ query })) {
      runs.set((searchAttributes.TemporalScheduledStartTime![0] as Date).getTime(), status.name);
    }
    return runs;
  }

  it('catches every run up that was due while the server was down, and tells of those it has missed', async () => {
    const short = { workflowType: 'gold', input: { tables: [] } };
    const patient = await scheduled('patient', short);
    const impatient = await scheduled(
      'impatient',
      // A table that nobody has written yet.
      { workflowType: 'maintenance', input: { tables: ['ops.alerts'] } },
      { catchupWindow: 10_000 },
    );
    await applySchedules(line.client, definitions, line.taskQueue);
    await sleep(2 * periodS * 1000);
    const downMs = Date.now();
    await temporal.stop();
    await sleep(outageS * 1000);
    const { address } = temporal;
    temporal = await startTemporal({ home, log: () => undefined });
    assert.equal(temporal.address, address, 'the server came back elsewhere');
    const upMs = Date.now();
    // As `npm start` does.
    const applied = await applySchedules(line.client, definitions, line.taskQueue);
    assert.deepEqual(new Set(applied.map(({ outcome }) => outcome)), new Set(['unchanged']));

    const due: number[] = [];
    for (let ms = Math.ceil(downMs / 1000 / periodS) * periodS * 1000; ms < upMs; ms += periodS * 1000) due.push(ms);
    const caughtUp = async (handle: ScheduleHandle) => {
      const runs = await runsOf(handle);
      return due.filter((ms) => runs.get(ms) === 'COMPLETED').length;
    };
    for (let n = 0; n < 300 && (await caughtUp(patient)) < due.length; n++) await sleep(100);
    assert.equal(await caughtUp(patient), due.length);
    const { info } = await impatient.describe();
    const { createdAt, numActionsMissedCatchupWindow: missed } = info;
    assert.ok(missed > 0);
    for (let n = 0; n < 300 && receiver.received.length === 0; n++) await sleep(100);
    // A run tells before it ends.
    for (let n = 0; n < 300 && (await caughtUp(impatient)) < due.length - missed; n++) await sleep(100);
    assert.equal(await caughtUp(impatient), due.length - missed);
    // The runs after the first find that it has been told of.
    await sleep(2 * periodS * 1000);
    const told = receiver.received.map(({ body }) => (JSON.parse(body) as { notice_id: string }).notice_id);
    assert.deepEqual(told, [`missed/impatient/${createdAt.toISOString()}/${missed}`]);
    assert.equal((await rowsIn(line.lake(), 'ops.notices')).length, 2);
    for (const handle of [patient, impatient]) await handle.delete();
    console.log(`${due.length} runs caught up; of a window of 10 s ${missed} missed`);
  });

  it('begins a run after the one under way, or not at all, as its policy says', async () => {
    const endless = { workflowType: 'bronzeStream', input: { mode: 'continuous' } };
    for (const [overlap, expected] of [
      ['BUFFER_ALL', [2, 0]],
      ['SKIP', [1, 1]],
    ] as const) {
      const handle = await scheduled(`overlap-${overlap}`, endless, { overlap }, false);
      await trigger(handle);
      for (let n = 0; n < 100 && (await handle.describe()).info.runningActions.length === 0; n++) await sleep(100);
      await trigger(handle);
      const [running] = (await handle.describe()).info.runningActions;
      const run = line.client.workflow.getHandle(running!.workflow.workflowId);
      assert.equal((await handle.describe()).info.numActionsTaken, 1);
      await run.signal('stop');
      await run.result();
      const counts = async () => {
        const { info } = await handle.describe();
        return [info.numActionsTaken, info.numActionsSkippedOverlap];
      };
      for (let n = 0; n < 50 && (await counts()).join() !== expected.join(); n++) await sleep(100);
      assert.deepEqual(await counts(), expected);
      for (const { workflow } of (await handle.describe()).info.runningActions) {
        await line.client.workflow.getHandle(workflow.workflowId).terminate();
      }
      await handle.delete();
    }
  });
});
