/** What operators ask of a schedule. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ScheduleDescription, ScheduleHandle } from '@temporalio/client';
import { instantsOf } from './days.ts';

const patienceMs = 10_000;
const pollMs = 100;

/** Lets no run begin until `resume`. */
export function pause(handle: ScheduleHandle, note: string): Promise<void> {
  return carryOut(
    handle,
    () => handle.pause(note),
    ({ state }) => state.paused && state.note === note,
  );
}

/** Lets runs begin again; what was due meanwhile is not made up for. */
export function resume(handle: ScheduleHandle): Promise<void> {
  return carryOut(
    handle,
    () => handle.unpause('resumed'),
    ({ state }) => !state.paused,
  );
}

/** Begins a run now, unless the overlap policy is against it: then it is counted as skipped. */
export function trigger(handle: ScheduleHandle): Promise<void> {
  return carryOut(handle, async () => handle.trigger((await handle.describe()).policies.overlap), hasStirred);
}

/** Begins the runs of the logical dates from `from` to `to` that were due before `nowMs`, one after another, though it is paused. */
export async function backfill(handle: ScheduleHandle, from: string, to: string, nowMs: number): Promise<void> {
  const { start, end } = instantsOf(from, to, timeZoneOf(await handle.describe()));
  const past = new Date(Math.min(end.getTime(), nowMs));
  await carryOut(handle, () => handle.backfill({ start, end: past, overlap: 'BUFFER_ALL' }), hasStirred);
}

/** The time zone of a schedule. */
export function timeZoneOf({ spec }: ScheduleDescription): string {
  return spec.timezone || 'UTC';
}

/**
 * Makes a request and waits until it shows: of two that come at once the server forgets the first. Throws when it does not show:
 * then nothing was to be done, or it was forgotten.
 */
async function carryOut(
  handle: ScheduleHandle,
  request: () => Promise<void>,
  isDone: (now: ScheduleDescription, before: ScheduleDescription) => boolean,
): Promise<void> {
  const before = await handle.describe();
  await request();
  for (let waitedMs = 0; waitedMs < patienceMs; waitedMs += pollMs) {
    if (isDone(await handle.describe(), before)) return;
    await sleep(pollMs);
  }
  throw new Error(
    `${handle.scheduleId} did not begin anything: no run was due then, or the server was busy; try again`,
  );
}

function hasStirred(now: ScheduleDescription, before: ScheduleDescription): boolean {
  const runs = ({ info, raw }: ScheduleDescription): number =>
    info.numActionsTaken + info.numActionsSkippedOverlap + Number(raw.info?.bufferSize ?? 0);
  return runs(now) > runs(before);
}
