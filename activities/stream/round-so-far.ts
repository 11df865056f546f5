/** What a round of the stream that is under way tells with its heartbeats. */
import type { Counts } from '../counts.ts';
import type { Lag } from './queue.ts';

export interface RoundSoFar extends Counts {
  readonly batches: number;
  readonly files: number;
  readonly bytes: number;
  /** What waits now. */
  readonly lag: Lag;
  readonly publications: number;
  /** Why the last publication failed; null when it did not. */
  readonly servingProblem: string | null;
  /** Why increments could not be made; null when they could. */
  readonly speedProblem: string | null;
}
