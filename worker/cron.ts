/** Cron expressions of five fields: minute, hour, day of the month, month, day of the week. */

/** Every `step`-th number from `start` to `end`. */
export interface CronRange {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

/** The numbers that a time has to match, field by field. Months are 1 to 12, days of the week 0 (Sunday) to 6. */
export interface Cron {
  readonly text: string;
  readonly minute: readonly CronRange[];
  readonly hour: readonly CronRange[];
  readonly dayOfMonth: readonly CronRange[];
  readonly month: readonly CronRange[];
  readonly dayOfWeek: readonly CronRange[];
  /** Whether one of the two days is enough, as cron has it where neither field has a `*`; else both have to match. */
  readonly isEitherDay: boolean;
}

interface CronField {
  readonly least: number;
  readonly most: number;
  /** Names of the numbers from `least` on. */
  readonly names: readonly string[];
}

const minute: CronField = { least: 0, most: 59, names: [] };
const hour: CronField = { least: 0, most: 23, names: [] };
const dayOfMonth: CronField = { least: 1, most: 31, names: [] };
const month: CronField = {
  least: 1,
  most: 12,
  names: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
};
const dayOfWeek: CronField = { least: 0, most: 6, names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] };

export const everyDay: readonly CronRange[] = [wholeOf(dayOfMonth)];
export const everyDayOfWeek: readonly CronRange[] = [wholeOf(dayOfWeek)];

/** Reads an expression such as `30 0 * * *` or `0 5 * * sun`; null when it is none. */
export function parseCron(text: string): Cron | null {
  const words = text.trim().toLowerCase().split(/\s+/);
  const ranges = [minute, hour, dayOfMonth, month, dayOfWeek].map((field, i) => rangesOf(field, words[i] ?? ''));
  const [minutes, hours, daysOfMonth, months, daysOfWeek] = ranges;
  if (words.length !== 5 || !minutes || !hours || !daysOfMonth || !months || !daysOfWeek) return null;
  return {
    text,
    minute: minutes,
    hour: hours,
    dayOfMonth: daysOfMonth,
    month: months,
    dayOfWeek: daysOfWeek,
    isEitherDay: ![words[2], words[4]].some((word) => word?.includes('*')),
  };
}

function wholeOf({ least, most }: CronField): CronRange {
  return { start: least, end: most, step: 1 };
}

function rangesOf(field: CronField, text: string): readonly CronRange[] | null {
  const ranges = text.split(',').map((part) => rangeOf(field, part));
  return ranges.every((range) => range !== null) ? ranges : null;
}

function rangeOf(field: CronField, text: string): CronRange | null {
  const [, all, from, to, every] = /^(?:(\*)|(\w+)(?:-(\w+))?)(?:\/(\d+))?$/.exec(text) ?? [];
  const start = all === undefined ? numberOf(field, from ?? '') : field.least;
  const step = Number(every ?? 1);
  // `5/15` goes on to the end of the field.
  const last = all !== undefined || (to === undefined && every !== undefined) ? field.most : null;
  const end = last ?? numberOf(field, to ?? from ?? '');
  if (start === null || end === null || start > end || step < 1 || step > field.most) return null;
  return { start, end, step };
}

function numberOf({ least, most, names }: CronField, text: string): number | null {
  const named = names.indexOf(text);
  if (named >= 0) return named + least;
  const number = /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
  return number >= least && number <= most ? number : null;
}
