/** What a backfill is asked for. */
import type { DayRange } from '../dirty.ts';

/**
 * `missing`: what is absent or dirty; `failed`: the days that failed in the last backfill of them; `all`: every partition, whatever its
 * state, those that a restore has pinned among them.
 */
export const backfillModes = ['missing', 'failed', 'all'] as const;
export type BackfillMode = (typeof backfillModes)[number];

/** A request, every field decided. */
export interface BackfillRequest extends DayRange {
  readonly id: string;
  readonly tables: readonly string[];
  readonly mode: BackfillMode;
  readonly reason: string | null;
  readonly by: string | null;
  /** When it was accepted, milliseconds since 1970; no two requests of a workflow have the same. */
  readonly askedMs: number;
}
