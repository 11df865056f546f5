/** Options that several commands share, and how their values are checked. */
import { InvalidArgumentError, Option } from 'commander';
import { loadConfig } from '../worker/config.ts';
import { formats } from './format.ts';

/** `--format table|json|csv`. */
export function formatOption(): Option {
  return new Option('--format <format>', 'how rows are printed').choices([...formats]).default('table');
}

/** `--lake DIR`. */
export function lakeOption(): Option {
  return new Option('--lake <dir>', 'folder of the lake (default: $CPA_LAKE, else datalake)');
}

/** The folder of the lake: as named, else as configured. */
export function lakeFolder(named: string | undefined): string {
  return loadConfig(named === undefined ? process.env : { ...process.env, CPA_LAKE: named }).lake;
}

/** Reads a whole number from `least` on. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(number) && number >= least) return number;
    throw new InvalidArgumentError(`Expected a whole number from ${least}.`);
  };
}

/** Reads a calendar day. */
export function calendarDay(text: string): string {
  const ms = Date.parse(`${text}T00:00:00Z`);
  if (/^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text)) return text;
  throw new InvalidArgumentError('Expected a day such as 2025-08-14.');
}

/** Reads a number above 0, such as `0.5`. */
export function positiveNumber(text: string): number {
  const number = Number(text);
  if (/^\d*\.?\d+$/.test(text) && number > 0) return number;
  throw new InvalidArgumentError('Expected a number above 0.');
}

/** Reads a number of percent from 0 to 100. */
export function percentage(text: string): number {
  const number = Number(text);
  if (/^\d*\.?\d+$/.test(text) && number <= 100) return number;
  throw new InvalidArgumentError('Expected a number from 0 to 100.');
}

/** Reads a list such as `a,b`. */
export function nameList(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.includes('')) throw new InvalidArgumentError('Expected names separated by commas.');
  return names;
}
