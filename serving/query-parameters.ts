/** Parameters of the named queries, checked. */
import { dayNumber, dayText } from '../engine/columnar/cell.ts';
import { QueryError, type QuerySpec } from './query-catalog.ts';

/** What a query may be asked with. Dates are `YYYY-MM-DD`. */
export interface QueryParameters {
  /** One organisation; without it, all of them. */
  readonly org?: string | undefined;
  /** Take this as the reference day. */
  readonly date?: string | undefined;
  /** First and last day (their months, where rows are months), instead of the query's own time. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** Rows of a ranking, 1 to 1000; default 5. */
  readonly n?: number | undefined;
}

export interface CheckedParameters {
  readonly org: string | null;
  readonly date: string | null;
  readonly from: string | null;
  readonly to: string | null;
  readonly n: number;
}

const defaultN = 5;

/** Checks what comes from outside. Throws `QueryError` naming the parameter. */
export function parseParameters(spec: QuerySpec, given: unknown): CheckedParameters {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new QueryError(`query ${spec.name}: parameters are an object, not ${JSON.stringify(given)}`);
  }
  const known = ['org', 'date', ...(spec.range ? ['from', 'to'] : []), ...(spec.rankedBy === null ? [] : ['n'])];
  const values = new Map(Object.entries(given).filter(([, value]) => value !== undefined && value !== null));
  for (const name of values.keys()) {
    if (!known.includes(name)) {
      throw new QueryError(`query ${spec.name}: no parameter ${name}; parameters: ${known.join(', ')}`);
    }
  }
  const refuse = (name: string, expected: string): never => {
    throw new QueryError(
      `query ${spec.name}: parameter ${name} is ${JSON.stringify(values.get(name))}, expected ${expected}`,
    );
  };
  const dateOf = (name: string): string | null => {
    const value = values.get(name) ?? null;
    return value === null || isDay(value) ? value : refuse(name, 'a day YYYY-MM-DD');
  };
  const org = values.get('org') ?? null;
  if (org !== null && (typeof org !== 'string' || org.trim() === '')) refuse('org', 'the id of an organisation');
  const n = values.get('n') ?? defaultN;
  if (typeof n !== 'number' || !Number.isInteger(n) || n < 1 || n > 1000) refuse('n', 'a whole number from 1 to 1000');
  const [from, to] = [dateOf('from'), dateOf('to')];
  if (from !== null && to !== null && from > to) refuse('from', `a day not after to (${to})`);
  return { org: org as string | null, date: dateOf('date'), from, to, n: n as number };
}

/** First and last day to ask for, both included; for months, the first days of the first and last month. */
export function periodOf(
  { window }: QuerySpec,
  { from, to }: CheckedParameters,
  referenceDay: string,
): { from: string; to: string } {
  const last = to ?? (from !== null && from > referenceDay ? from : referenceDay);
  if (window.unit === 'day') return { from: from ?? addDays(last, 1 - window.length), to: last };
  return { from: firstOfMonth(from ?? addMonths(last, 1 - window.length)), to: firstOfMonth(last) };
}

/** `YYYY-MM-DD` of a day that exists. */
export function isDay(value: unknown): value is string {
  if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(value)) return false;
  const days = dayNumber(value);
  return !Number.isNaN(days) && dayText(days) === value;
}

/** The day so many days later. */
export function addDays(day: string, days: number): string {
  return dayText(dayNumber(day) + days);
}

/** The first day of the month so many months later. */
export function addMonths(day: string, months: number): string {
  const date = new Date(`${firstOfMonth(day)}T00:00:00Z`);
  date.setUTCMonth(date.getUTCMonth() + months);
  return date.toISOString().slice(0, 10);
}

/** The first day of its month. */
export function firstOfMonth(day: string): string {
  return `${day.slice(0, 7)}-01`;
}
