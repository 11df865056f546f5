/**
 * File statistics as the JSON text of `add.stats`, with every digit of numbers that JavaScript numbers cannot hold.
 * Source: PROTOCOL.md, "Per-file Statistics".
 */
import type { ColumnSpec } from '../columnar/column.ts';
import type { FileStats } from './types.ts';

/** The JSON text of statistics; bounds of decimals and 64-bit integers, which are text here, become numbers. */
export function encodeStats(stats: FileStats, columns: readonly ColumnSpec[]): string {
  const exact = exactColumns(columns);
  const members = [`"numRecords":${stats.numRecords}`];
  for (const name of ['minValues', 'maxValues'] as const) {
    const bounds = Object.entries(stats[name] ?? {}).map(
      ([column, value]) =>
        `${JSON.stringify(column)}:${exact.has(column) && typeof value === 'string' ? value : JSON.stringify(value)}`,
    );
    if (stats[name] !== undefined) members.push(`"${name}":{${bounds.join(',')}}`);
  }
  if (stats.nullCount !== undefined) members.push(`"nullCount":${JSON.stringify(stats.nullCount)}`);
  return `{${members.join(',')}}`;
}

/**
 * Statistics from their JSON text. A file may have none (`stats` is optional): then `numRecords` is NaN. Throws when the
 * text is not a JSON object.
 */
export function parseStats(json: unknown, columns: readonly ColumnSpec[]): FileStats {
  if (typeof json !== 'string' || json === '') return { numRecords: Number.NaN };
  const exact = exactColumns(columns);
  // Every number becomes text first, and a number again where a double holds it.
  const stats = JSON.parse(
    json.replace(stringOrNumber, (token) => (token.startsWith('"') ? token : `{"n":"${token}"}`)),
  );
  const bounds = (values: Readonly<Record<string, unknown>>): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(values).map(([column, value]) => [column, exact.has(column) ? numberText(value) : plain(value)]),
    );
  const { numRecords, minValues, maxValues, nullCount } = stats;
  return {
    numRecords: numRecords === undefined ? Number.NaN : (plain(numRecords) as number),
    ...(minValues ? { minValues: bounds(minValues) } : {}),
    ...(maxValues ? { maxValues: bounds(maxValues) } : {}),
    ...(nullCount ? { nullCount: plain(nullCount) as Record<string, number> } : {}),
  };
}

/** A JSON string (skipped over whole, so digits inside it are left alone) or a JSON number. */
const stringOrNumber = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

function exactColumns(columns: readonly ColumnSpec[]): ReadonlySet<string> {
  return new Set(columns.filter(({ type }) => type.kind === 'decimal' || type.kind === 'int64').map((c) => c.name));
}

function numberText(value: unknown): unknown {
  return isNumber(value) ? value.n : value;
}

/** The value with JavaScript numbers in it, at every depth. */
function plain(value: unknown): unknown {
  if (isNumber(value)) return Number(value.n);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, v]) => [name, plain(v)]));
}

function isNumber(value: unknown): value is { readonly n: string } {
  return typeof value === 'object' && value !== null && typeof (value as { n?: unknown }).n === 'string';
}
