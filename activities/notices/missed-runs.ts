/** Runs that a schedule has missed: nothing ran for longer than its catch-up window. */
import { Context } from '@temporalio/activity';
import { type ScheduleDescription, ScheduleNotFoundError } from '@temporalio/client';
import type { ActivityContext } from '../context.ts';
import { stateOf } from './notice-log.ts';

/** What is to be told of missed runs. */
export interface MissedRuns {
  readonly id: string;
  readonly message: string;
}

/** The runs that the schedule has missed so far; null: none, or the same number has been told of. */
export async function missedRuns(context: ActivityContext, scheduleId: string): Promise<MissedRuns | null> {
  const missed = missedOf(scheduleId, await infoOf(scheduleId));
  if (missed === null) return null;
  const state = await stateOf(context, missed.id);
  if (state === 'delivered' || state === 'refused' || (state === 'entered' && context.receiver === null)) return null;
  return missed;
}

type Counted = Pick<ScheduleDescription['info'], 'createdAt' | 'numActionsMissedCatchupWindow'>;

/** What there is to tell of a schedule; one that is made anew counts from 0, and is another one. */
export function missedOf(scheduleId: string, info: Counted | null): MissedRuns | null {
  if (info === null || info.numActionsMissedCatchupWindow === 0) return null;
  const { createdAt, numActionsMissedCatchupWindow: missed } = info;
  return {
    id: `missed/${scheduleId}/${createdAt.toISOString()}/${missed}`,
    message:
      `${scheduleId} has missed ${missed} runs since it was made: the server was down for longer than its catch-up window. ` +
      '`cpa schedules backfill` makes up for them.',
  };
}

async function infoOf(scheduleId: string): Promise<Counted | null> {
  try {
    return (await Context.current().client.schedule.getHandle(scheduleId).describe()).info;
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return null;
    throw error;
  }
}
