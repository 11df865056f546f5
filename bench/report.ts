/** What the bench prints: Markdown, made to be pasted into docs/performance.md. */
import { cpus, loadavg, totalmem } from 'node:os';
import { type Budget, holds } from './budgets.ts';

/** A value measured, and the budget it answers to, if any. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: Budget['unit'] | 'rows/s' | 'MiB' | '%' | '';
  readonly budget: Budget | null;
}

/** One part of the bench. */
export interface Part {
  readonly title: string;
  /** What was done with what, so that somebody can do it again. */
  readonly about: string;
  readonly figures: readonly Figure[];
  /** Load of the machine (one minute) before and after: figures of a busy machine are too slow. */
  readonly load: readonly [number, number];
}

/** A value that answers to a budget. */
export function budgeted(budget: Budget, value: number): Figure {
  return { name: budget.figure, value, unit: budget.unit, budget };
}

/** A value for information. */
export function measured(name: string, unit: Figure['unit'], value: number): Figure {
  return { name, value, unit, budget: null };
}

/** The middle value; of an even number the mean of the two in the middle. Throws on an empty list. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  if (upper === undefined) throw new Error('no values to take the median of');
  return sorted.length % 2 === 1 ? upper : (sorted[middle - 1]! + upper) / 2;
}

/** The least value that a share of the values (0–1] is not above: nearest rank. Throws on an empty list. */
export function percentile(values: readonly number[], share: number): number {
  const value = [...values].sort((a, b) => a - b)[Math.max(1, Math.ceil(share * values.length)) - 1];
  if (value === undefined) throw new Error('no values to take a percentile of');
  return value;
}

/** Runs one part between two looks at the load. */
export async function part(
  title: string,
  body: () => Promise<{ readonly about: string; readonly figures: readonly Figure[] }>,
): Promise<Part> {
  const before = loadavg()[0]!;
  const { about, figures } = await body();
  return { title, about, figures, load: [before, loadavg()[0]!] };
}

/** The report of the parts. */
export function markdown(parts: readonly Part[], command: string, now: Date): string {
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB`;
  const sections = parts.map(({ title, about, figures, load }) =>
    [
      `### ${title}`,
      '',
      `${about} Load of the machine ${load[0].toFixed(1)} before, ${load[1].toFixed(1)} after.`,
      '',
      '| figure | value | budget | held |',
      '| --- | --: | --: | --- |',
      ...figures.map(row),
    ].join('\n'),
  );
  const date = now.toISOString().slice(0, 10);
  return [
    `## ${date}, ${machine}, Node ${process.versions.node}`,
    '',
    `\`${command}\``,
    '',
    sections.join('\n\n'),
  ].join('\n');
}

/** The required budgets that are missed. */
export function missed(parts: readonly Part[]): Figure[] {
  return parts.flatMap((p) => p.figures.filter((f) => f.budget?.required === true && !holds(f.budget, f.value)));
}

function row({ name, value, unit, budget }: Figure): string {
  const promise = budget === null ? '' : `${budget.bound} ${budget.limit} ${unit}`;
  const verdict = budget === null ? '' : holds(budget, value) ? 'yes' : '**no**';
  return `| ${name} | ${amount(value, unit)} | ${promise} | ${verdict} |`;
}

function amount(value: number, unit: Figure['unit']): string {
  return `${number(value, unit)} ${unit}`.trimEnd();
}

/** With as many digits after the point as say something. */
function number(value: number, unit: Figure['unit']): string {
  if (unit === 's' || unit === 'GiB' || unit === '×') return value.toFixed(2);
  return value < 100 && !Number.isInteger(value) ? value.toFixed(1) : Math.round(value).toLocaleString('en');
}
