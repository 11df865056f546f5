/** The instants that belong to logical dates. */
import { dayIn, dayPlus } from '../../workflows/time-zone.ts';

const hourMs = 3_600_000;

/** When a day begins in a time zone, milliseconds since 1970, to the second. */
export function startOfDay(day: string, timeZone: string): number {
  const midnightMs = Date.parse(`${day}T00:00:00Z`);
  // Zones are up to 14 hours ahead of UTC and 12 behind.
  let before = midnightMs - 15 * hourMs;
  let after = midnightMs + 13 * hourMs;
  while (after - before > 1000) {
    const middle = before + Math.floor((after - before) / 2000) * 1000;
    if (dayIn(middle, timeZone) < day) before = middle;
    else after = middle;
  }
  return after;
}

/** Instants that label runs with the dates from `from` to `to`: those of the days after them. Neither end belongs to it. */
export function instantsOf(from: string, to: string, timeZone: string): { readonly start: Date; readonly end: Date } {
  return {
    start: new Date(startOfDay(dayPlus(from, 1), timeZone) - 1000),
    end: new Date(startOfDay(dayPlus(to, 2), timeZone) - 1000),
  };
}
