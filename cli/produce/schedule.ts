/** When which file of a live source is complete, and with how many events: a plan made against a clock. */
import type { Random } from '../generate/random.ts';

/** How fast events come, how many, and how many of them go into a file. */
export interface Pace {
  /** Events a second. Event `i`, from 0, is due `(i + 1) / rate` seconds after the start. */
  readonly rate: number;
  readonly events: number;
  /** Least and most events of a file. */
  readonly filesOf: readonly [number, number];
}

/** The events of a file follow those of the file before. The file is complete when the last of them is due. */
export interface PlannedFile {
  readonly events: number;
  /** Milliseconds after the start. */
  readonly dueMs: number;
}

/** A file that makes up for lost time holds at most this many events, unless files are larger anyway: it is held in memory. */
const mostToCatchUp = 20_000;

/** When event `i` is due, in whole milliseconds after the start. */
export function dueMs({ rate }: Pace, i: number): number {
  return Math.ceil(((i + 1) * 1000) / rate);
}

/** How many events are due `elapsedMs` after the start. */
export function dueBy({ rate, events }: Pace, elapsedMs: number): number {
  return Math.min(events, Math.floor((elapsedMs * rate) / 1000));
}

/**
 * The file after the first `done` events, or null when they are all. Its size is random; where more events than that are due
 * already, it holds those, so that the rate holds whatever the writing took. The last file takes what is left.
 */
export function nextFile(pace: Pace, done: number, elapsedMs: number, random: Random): PlannedFile | null {
  if (done >= pace.events) return null;
  const [least, most] = pace.filesOf;
  const drawn = least + random.below(most - least + 1);
  const overdue = Math.min(dueBy(pace, elapsedMs) - done, mostToCatchUp);
  const events = Math.min(Math.max(drawn, overdue), pace.events - done);
  return { events, dueMs: dueMs(pace, done + events - 1) };
}
