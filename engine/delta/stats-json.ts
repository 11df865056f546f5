/**
 * File statistics as the JSON string of an `add` action, without passing decimals and 64-bit integers through a double.
 * Source: PROTOCOL.md, "Per-file Statistics".
 */
import type { ColumnSpec } from '../columnar/column.ts';
import { integerOf, recordOf } from './json.ts';
import type { FileStats } from './types.ts';

const numeric = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;

/** A JSON string (passed over whole, so digits inside it are left alone) or a JSON number. */
const stringOrNumber = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * The statistics as JSON. Decimals and 64-bit integers, numeric text in memory, become JSON numbers digit by digit. Throws
 * when such a bound is not numeric text: one bad number would make the whole commit unreadable.
 */
export function encodeStats(stats: FileStats, columns: readonly ColumnSpec[]): string {
  const exact = exactColumns(columns);
  const parts = Number.isNaN(stats.numRecords) ? [] : [`"numRecords":${stats.numRecords}`];
  for (const key of ['minValues', 'maxValues'] as const) {
    const values = stats[key];
    if (values === undefined) continue;
    const entries = Object.entries(values).map(
      ([name, value]) => `${JSON.stringify(name)}:${exact.has(name) ? digits(name, value) : JSON.stringify(value)}`,
    );
    parts.push(`"${key}":{${entries.join(',')}}`);
  }
  if (stats.nullCount !== undefined) parts.push(`"nullCount":${JSON.stringify(stats.nullCount)}`);
  return `{${parts.join(',')}}`;
}

/** How `encodeStats` begins when there are bounds, and what follows then. */
const leading = /^\{"numRecords":(\d{1,15}),"minValues":\{/;
const following = ['},"maxValues":{', '},"nullCount":{'];

/**
 * The statistics of an `add` action; bounds of decimals and 64-bit integers as the log's own digits. A file whose writer kept
 * no statistics has NaN records: sums over it are NaN, not too small. Of text as `encodeStats` writes it all but the number of records
 * is parsed when it is asked for: most readers of a log want no more. Throws, then or at once, when the text is not a JSON object.
 */
export function parseStats(text: unknown, columns: readonly ColumnSpec[]): FileStats {
  if (typeof text !== 'string' || text === '') return { numRecords: Number.NaN };
  const numRecords = leading.exec(text)?.[1];
  if (numRecords === undefined || !following.every((part) => text.includes(part))) return parseAll(text, columns);
  return parsedLater(Number(numRecords), text, columns);
}

/** Accessors of its own, not of a class: whoever copies it to another thread, or spreads it, gets plain values. */
function parsedLater(numRecords: number, text: string, columns: readonly ColumnSpec[]): FileStats {
  let parsed: FileStats | null = null;
  const all = (): FileStats => {
    parsed ??= parseAll(text, columns);
    return parsed;
  };
  return {
    numRecords,
    get minValues() {
      return all().minValues!;
    },
    get maxValues() {
      return all().maxValues!;
    },
    get nullCount() {
      return all().nullCount!;
    },
  };
}

function parseAll(text: string, columns: readonly ColumnSpec[]): FileStats {
  const stats = recordOf(JSON.parse(text), 'stats');
  const exact = exactColumns(columns);
  const asText =
    exact.size === 0 || (stats.minValues === undefined && stats.maxValues === undefined)
      ? stats
      : recordOf(
          JSON.parse(text.replace(stringOrNumber, (token) => (token.startsWith('"') ? token : `"${token}"`))),
          'stats',
        );
  const bounds = (key: 'minValues' | 'maxValues') => {
    if (stats[key] == null) return {};
    const values = { ...recordOf(stats[key], key) };
    const texts = recordOf(asText[key], key);
    for (const name of Object.keys(values)) if (exact.has(name)) values[name] = texts[name];
    return { [key]: values };
  };
  const { numRecords, nullCount } = stats;
  return {
    numRecords: numRecords == null ? Number.NaN : integerOf(numRecords, 'numRecords'),
    ...bounds('minValues'),
    ...bounds('maxValues'),
    ...(nullCount == null ? {} : { nullCount: recordOf(nullCount, 'nullCount') as Record<string, number> }),
  };
}

const exactColumnsOf = new WeakMap<readonly ColumnSpec[], ReadonlySet<string>>();

/** The columns whose numbers a double may not hold. Kept for each list of columns: there are many files to one schema. */
function exactColumns(columns: readonly ColumnSpec[]): ReadonlySet<string> {
  let names = exactColumnsOf.get(columns);
  if (names === undefined) {
    names = new Set(columns.filter(({ type }) => type.kind === 'decimal' || type.kind === 'int64').map((c) => c.name));
    exactColumnsOf.set(columns, names);
  }
  return names;
}

function digits(name: string, value: unknown): string {
  if (typeof value === 'string' && numeric.test(value)) return value;
  if (value === null) return 'null';
  throw new Error(`statistics of ${name}: ${JSON.stringify(value)} is not numeric text`);
}
