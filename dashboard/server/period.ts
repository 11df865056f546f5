/** Days and months that are asked for. */
import { dayNumber, dayText } from '../../engine/columnar/cell.ts';
import { addDays, addMonths, firstOfMonth, isDay } from '../../serving/query-parameters.ts';
import type { Period } from '../api.ts';
import { Problem } from './problem.ts';

/** Days when none are named: so many that end with the reference day. */
const usualDays = 30;
const earliest = '1970-01-01';
const latest = '9998-12-31';
/** Longest period that is answered: days of 20 years. */
const longestDays = 7305;

/**
 * The period from what was given; what was left out ends with the reference day and is 30 days long. Throws a `Problem` naming the
 * parameter.
 */
export function periodOf(given: { readonly from?: string; readonly to?: string }, referenceDay: string): Period {
  for (const name of ['from', 'to'] as const) {
    const value = given[name];
    if (value !== undefined && !(isDay(value) && value >= earliest && value <= latest)) {
      throw bad(name, value, `a day that exists, YYYY-MM-DD, from ${earliest} to ${latest}`);
    }
  }
  const to = given.to ?? (given.from !== undefined && given.from > referenceDay ? given.from : referenceDay);
  const from = given.from ?? addDays(to, 1 - usualDays);
  if (from > to) throw bad('from', from, `a day not after to (${to})`);
  if (lengthOf({ from, to }) > longestDays) throw bad('from', from, `at most ${longestDays} days before to (${to})`);
  return { from, to };
}

/** Days of the period. */
export function lengthOf({ from, to }: Period): number {
  return dayNumber(to) - dayNumber(from) + 1;
}

/** As many days that end the day before the period begins. */
export function periodBefore(period: Period): Period {
  return { from: addDays(period.from, -lengthOf(period)), to: addDays(period.from, -1) };
}

/** The same days a year earlier: 29 February becomes the 28th. */
export function yearBefore({ from, to }: Period): Period {
  return { from: aYearBefore(from), to: aYearBefore(to) };
}

/** The months that the period touches, as their first days. */
export function monthsOf({ from, to }: Period): Period {
  return { from: firstOfMonth(from), to: firstOfMonth(to) };
}

/** The last day of a month given by its first. */
export function lastOfMonth(first: string): string {
  return addDays(addMonths(first, 1), -1);
}

/** As many months that end before the first one; of months as first days. */
export function monthsBefore({ from, to }: Period): Period {
  const length = monthNumber(to) - monthNumber(from) + 1;
  return { from: addMonths(from, -length), to: addMonths(from, -1) };
}

function monthNumber(day: string): number {
  return Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7));
}

function aYearBefore(day: string): string {
  const year = String(Number(day.slice(0, 4)) - 1).padStart(4, '0');
  const same = dayNumber(`${year}${day.slice(4)}`);
  return Number.isNaN(same) || day.slice(5) === '02-29' ? `${year}-02-28` : dayText(same);
}

function bad(name: string, value: string, expected: string): Problem {
  const detail = `${name} is ${JSON.stringify(value)}, expected ${expected}`;
  return new Problem('bad-parameter', detail, [{ name, detail }]);
}
