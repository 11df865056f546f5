/** How every run begins and ends: its page, its search attributes. */
import { TemporalFailure } from '@temporalio/workflow';
import type { WorkflowType } from './catalogue.ts';
import { notifyFailure, notifyMissed } from './notify.ts';
import { isCancelled, rootOf } from './problems.ts';
import { type ProgressBoard, progressBoard } from './progress.ts';
import { tagOutcome } from './search-attributes.ts';

/** Runs the body of a workflow, which is given the page of the run; the page and the search attributes say how it ended. */
export async function concluded<T>(type: WorkflowType, body: (board: ProgressBoard) => Promise<T>): Promise<T> {
  const board = progressBoard(type);
  try {
    const result = await body(board);
    await notifyMissed();
    board.ended('done');
    tagOutcome(type, 'done', board.rows);
    return result;
  } catch (error) {
    // No end: the run goes on as a new one, or its task is tried again until the code is mended.
    if (!(error instanceof TemporalFailure)) throw error;
    await concludeFailure(type, board, error);
    throw error;
  }
}

/** The one place through which a run passes that fails or is cancelled. */
async function concludeFailure(type: WorkflowType, board: ProgressBoard, error: TemporalFailure): Promise<void> {
  const outcome = isCancelled(error) ? 'cancelled' : 'failed';
  board.ended(outcome, rootOf(error));
  tagOutcome(type, outcome, board.rows);
  await notifyFailure(error);
  await notifyMissed();
}
