/** Numbers as people read them. The exact text stays beside them, as the title of what is shown. */
import type { Value } from '../../api.ts';

export type Unit =
  | 'usd'
  | 'usd-fine'
  | 'count'
  | 'number'
  | 'hours'
  | 'gb-hours'
  | 'tokens'
  | 'kg'
  | 'kg-per-usd'
  | 'rate'
  | 'score'
  | 'sigma'
  | 'fx';

const options: Readonly<Record<Unit, Intl.NumberFormatOptions>> = {
  usd: { style: 'currency', currency: 'USD', maximumFractionDigits: 2 },
  'usd-fine': { style: 'currency', currency: 'USD', minimumFractionDigits: 4, maximumFractionDigits: 4 },
  count: { maximumFractionDigits: 0 },
  number: { maximumFractionDigits: 2 },
  hours: { maximumFractionDigits: 1 },
  'gb-hours': { maximumFractionDigits: 0 },
  tokens: { maximumFractionDigits: 0 },
  kg: { maximumFractionDigits: 3 },
  'kg-per-usd': { maximumFractionDigits: 5 },
  rate: { style: 'percent', maximumFractionDigits: 1 },
  score: { minimumFractionDigits: 2, maximumFractionDigits: 2 },
  sigma: { minimumFractionDigits: 2, maximumFractionDigits: 2 },
  fx: { maximumFractionDigits: 6 },
};

const suffix: Readonly<Partial<Record<Unit, string>>> = {
  hours: ' h',
  'gb-hours': ' GB h',
  kg: ' kg',
  'kg-per-usd': ' kg/$',
};

const formats = new Map<string, Intl.NumberFormat>();

type Form = 'exact' | 'short' | 'compact';

function formatOf(unit: Unit, form: Form): Intl.NumberFormat {
  const key = `${unit} ${form}`;
  let format = formats.get(key);
  if (format === undefined) {
    const fewest = { ...options[unit], minimumFractionDigits: 0 };
    const wanted: Record<Form, Intl.NumberFormatOptions> = {
      exact: options[unit],
      short: fewest,
      compact: { ...fewest, notation: 'compact', maximumFractionDigits: 1 },
    };
    format = new Intl.NumberFormat('en-US', wanted[form]);
    formats.set(key, format);
  }
  return format;
}

/** A value in its unit; a dash for null. */
export function shown(value: Value | undefined, unit: Unit): string {
  if (value === null || value === undefined) return '–';
  return formatOf(unit, 'exact').format(Number(value)) + (suffix[unit] ?? '');
}

/** The same where there is little room: 12.3K. Small numbers keep their digits. */
export function shortly(value: number, unit: Unit): string {
  const format = formatOf(unit, Math.abs(value) >= 1000 ? 'compact' : 'short');
  return format.format(value) + (suffix[unit] ?? '');
}

/** A change in percent; null where there is nothing to compare with. */
export function changeOf(now: Value | undefined, before: Value | undefined): number | null {
  if (now == null || before == null || Number(before) === 0) return null;
  return Number(now) / Number(before) - 1;
}

/** A change with its sign. */
export function changeText(change: number): string {
  const text = new Intl.NumberFormat('en-US', {
    style: 'percent',
    maximumFractionDigits: 1,
    signDisplay: 'exceptZero',
  });
  return text.format(change);
}

const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' });
const month = new Intl.DateTimeFormat('en-GB', { month: 'short', year: 'numeric', timeZone: 'UTC' });

export function dayText(text: string): string {
  return day.format(new Date(`${text}T00:00:00Z`));
}

export function monthText(first: string): string {
  return month.format(new Date(`${first}T00:00:00Z`));
}

/** How long ago, in the largest unit that fits. */
export function agoText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [length, name] = [
    [86_400, 'day'],
    [3600, 'hour'],
    [60, 'minute'],
  ].find(([length]) => seconds >= 2 * Number(length)) ?? [1, 'second'];
  const count = Math.floor(seconds / Number(length));
  return `${count} ${name}${count === 1 ? '' : 's'} ago`;
}

export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = bytes < 1 ? 0 : Math.min(4, Math.floor(Math.log10(bytes) / 3));
  return `${new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 }).format(bytes / 1000 ** power)} ${units[power]}`;
}
