/** From the rows that Cassandra gives to the rows of an answer: sums by key, ratios of the sums, order, rank. */
import type { CellValue } from './cell-value.ts';
import { addExact, compareExact, type Exact, exactOf, exactText, ratioOf } from './exact.ts';
import type { QuerySpec } from './query-catalog.ts';
import type { CheckedParameters } from './query-parameters.ts';

export type AnswerRow = Readonly<Record<string, string | number | boolean | null>>;

interface Group {
  readonly key: readonly string[];
  readonly sums: Map<string, { readonly value: Exact | null; readonly count: boolean }>;
}

/** Sums rows (given as readers of their columns). A sum of nulls is null; integers stay numbers, decimals exact text. */
export function summarise(
  spec: QuerySpec,
  { org, n }: Pick<CheckedParameters, 'org' | 'n'>,
  rows: readonly ((column: string) => CellValue)[],
): { columns: string[]; rows: AnswerRow[] } {
  const summed = spec.sums.filter((name) => org !== null || !spec.organisationOnly.includes(name));
  const groups = new Map<string, Group>();
  for (const read of rows) {
    const key = spec.by.map((column) => String(read(column)));
    const id = JSON.stringify(key);
    let group = groups.get(id);
    if (group === undefined) {
      group = { key, sums: new Map() };
      groups.set(id, group);
    }
    for (const name of summed) addTo(group, name, read(name));
  }
  const ordered = [...groups.values()].sort((a, b) => byRank(spec, a, b) || byKey(a, b));
  const shown = spec.rankedBy === null ? ordered : ordered.slice(0, n);
  const rank = spec.rankedBy === null ? [] : ['rank'];
  return {
    columns: [...rank, ...spec.by, ...summed, ...spec.ratios.map((ratio) => ratio.name)],
    rows: shown.map((group, i) => answerRow(spec, summed, group, i + 1)),
  };
}

function addTo(group: Group, name: string, value: CellValue): void {
  const before = group.sums.get(name);
  if (value === null) {
    if (before === undefined) group.sums.set(name, { value: null, count: false });
    return;
  }
  if (typeof value === 'boolean') throw new Error(`column ${name} is not a number`);
  group.sums.set(name, { value: addExact(before?.value ?? null, exactOf(value)), count: typeof value !== 'string' });
}

function answerRow(spec: QuerySpec, summed: readonly string[], { key, sums }: Group, rank: number): AnswerRow {
  const row: Record<string, string | number | null> = spec.rankedBy === null ? {} : { rank };
  for (const [i, column] of spec.by.entries()) row[column] = key[i] ?? null;
  for (const name of summed) {
    const sum = sums.get(name);
    if (sum === undefined || sum.value === null) row[name] = null;
    else row[name] = sum.count ? Number(sum.value.unscaled) : exactText(sum.value);
  }
  for (const { name, numerator, denominator, factor } of spec.ratios) {
    const ratio = ratioOf(sums.get(numerator)?.value ?? null, sums.get(denominator)?.value ?? null, factor);
    row[name] = ratio === null ? null : exactText(ratio);
  }
  return row;
}

function byRank({ rankedBy }: QuerySpec, a: Group, b: Group): number {
  if (rankedBy === null) return 0;
  const [left, right] = [a.sums.get(rankedBy)?.value ?? null, b.sums.get(rankedBy)?.value ?? null];
  if (left === null || right === null) return (left === null ? 1 : 0) - (right === null ? 1 : 0);
  return compareExact(right, left);
}

function byKey(a: Group, b: Group): number {
  for (const [i, left] of a.key.entries()) {
    const right = b.key[i] ?? '';
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}
