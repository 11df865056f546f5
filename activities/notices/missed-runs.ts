/** Runs that a schedule has missed: nothing ran for longer than its catch-up window. */
import { Context } from '@temporalio/activity';
import { ScheduleNotFoundError } from '@temporalio/client';
import type { ActivityContext } from '../context.ts';
import { stateOf } from './notice-log.ts';

/** What is to be told of missed runs. */
export interface MissedRuns {
  readonly id: string;
  readonly message: string;
}

/** The runs that the schedule has missed so far; null: none, or the same number has been told of. */
export async function missedRuns(context: ActivityContext, scheduleId: string): Promise<MissedRuns | null> {
  const missed = await missedBy(scheduleId);
  if (missed === 0) return null;
  const id = `missed/${scheduleId}/${missed}`;
  const state = await stateOf(context, id);
  if (state === 'delivered' || state === 'refused' || (state === 'entered' && context.receiver === null)) return null;
  return {
    id,
    message:
      `${scheduleId} has missed ${missed} runs since it was made: the server was down for longer than its catch-up window. ` +
      '`cpa schedules backfill` makes up for them.',
  };
}

async function missedBy(scheduleId: string): Promise<number> {
  try {
    return (await Context.current().client.schedule.getHandle(scheduleId).describe()).info
      .numActionsMissedCatchupWindow;
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return 0;
    throw error;
  }
}
