/** Conditions on rows, as people write them: `usage_date>=2025-08-14`. */
import type { Column, ColumnSpec, ColumnType } from '../columnar/column.ts';
import { type ColumnValue, valueAt } from '../columnar/column-of.ts';
import { parseDecimal } from '../columnar/decimal.ts';
import { NO_DATE, NO_TIME, parseDate, parseTimestamp } from '../columnar/parse-time.ts';
import { partitionColumn } from './partition-values.ts';

/** What was written cannot be a condition on these columns. */
export class BadCondition extends Error {
  override readonly name = 'BadCondition';
}

type Operator = '=' | '!=' | '<' | '<=' | '>' | '>=';

/** A condition as written. */
export interface Condition {
  readonly column: string;
  readonly operator: Operator;
  readonly value: string;
}

/** A condition on a column of known type. */
export interface Filter {
  readonly spec: ColumnSpec;
  /** Whether the row of that column satisfies it. */
  readonly holds: (column: Column, row: number) => boolean;
}

/** Reads `column=value` with any of the operators; blanks around both are dropped. Throws a `BadCondition`. */
export function parseCondition(text: string): Condition {
  const match = /^\s*(\w+)\s*(!=|<=|>=|=|<|>)(.*)$/s.exec(text);
  if (match === null) {
    throw new BadCondition(`${JSON.stringify(text)}: expected column=value; operators: =, !=, <, <=, >, >=`);
  }
  return { column: match[1]!, operator: match[2] as Operator, value: match[3]!.trim() };
}

/**
 * The condition over one of the columns. Null is unequal to every value, and neither below nor above any; no value at all
 * (`flags=`, `flags!=`) asks for rows without and with one. Throws a `BadCondition` when there is no such column or the value is
 * not one of its type.
 */
export function filterOf(condition: Condition, columns: readonly ColumnSpec[]): Filter {
  const { column, operator, value } = condition;
  const spec = columns.find((c) => c.name === column);
  if (spec === undefined) {
    throw new BadCondition(`no column ${column}; columns: ${columns.map((c) => c.name).join(', ')}`);
  }
  if (value === '') {
    if (operator !== '=' && operator !== '!=') throw new BadCondition(`${column}${operator}: a value is missing`);
    return { spec, holds: (cells, row) => isEmpty(valueAt(cells, row)) === (operator === '=') };
  }
  const order = orderTo(spec.type, value);
  if (order === null) {
    const { kind } = spec.type;
    throw new BadCondition(`${column}${operator}${value}: ${column} is a ${kind}: expected ${examples[kind]}`);
  }
  return {
    spec,
    holds: (cells, row) => {
      const found = valueAt(cells, row);
      return found === null ? operator === '!=' : satisfies(order(found), operator);
    },
  };
}

/** Whether a partition with this value of the filter's column can hold rows that satisfy it. */
export function admitsPartition({ spec, holds }: Filter, value: string | null): boolean {
  return holds(partitionColumn(spec, value, 1), 0);
}

const examples: Readonly<Record<ColumnType['kind'], string>> = {
  utf8: 'text',
  dictionary: 'text',
  binary: 'no condition: bytes are not compared',
  bool: 'true or false',
  int32: 'a whole number',
  int64: 'a whole number',
  float64: 'a number such as 2.5',
  decimal: 'a number such as 2.5',
  date: 'a day such as 2025-08-14',
  timestamp: 'a day or an instant such as 2025-08-14T10:00:00Z',
};

function isEmpty(value: ColumnValue): boolean {
  return value === null || value === '';
}

function satisfies(order: number, operator: Operator): boolean {
  switch (operator) {
    case '=':
      return order === 0;
    case '!=':
      return order !== 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
  }
}

/** How a value of the type compares with the text (below 0, 0, above 0); null when the text is not of the type. */
function orderTo(type: ColumnType, text: string): ((value: ColumnValue) => number) | null {
  const bytes = Buffer.from(text);
  switch (type.kind) {
    case 'utf8':
    case 'dictionary':
      // By bytes, as the lake sorts text.
      return (value) => Buffer.compare(Buffer.from(value as string), bytes);
    case 'bool':
      return text === 'true' || text === 'false' ? (value) => Number(value) - Number(text === 'true') : null;
    case 'int32':
    case 'int64':
      return /^[+-]?\d+$/.test(text) ? (value) => sign(BigInt(value as number | bigint) - BigInt(text)) : null;
    case 'float64':
      return Number.isFinite(Number(text)) ? (value) => (value as number) - Number(text) : null;
    case 'decimal':
      return orderToDecimal(type.scale, text);
    case 'date': {
      const days = parseDate(bytes, 0, bytes.length);
      return days === NO_DATE ? null : (value) => (value as number) - days;
    }
    case 'timestamp': {
      const words = new Int32Array(2);
      const day = parseDate(bytes, 0, bytes.length);
      if (day !== NO_DATE) return (value) => sign((value as bigint) - BigInt(day) * 86_400_000_000n);
      if (parseTimestamp(bytes, 0, bytes.length, words, 0) === NO_TIME) return null;
      const micros = new BigInt64Array(words.buffer)[0]!;
      return (value) => sign((value as bigint) - micros);
    }
    case 'binary':
      return null;
  }
}

/** Exact also when the text has more digits than the column. */
function orderToDecimal(scale: number, text: string): ((value: ColumnValue) => number) | null {
  const digits = /\.(\d*)/.exec(text)?.[1]?.length ?? 0;
  const exact = /[eE]/.test(text) ? null : parseDecimal(text, 1000, digits);
  if (exact === null) return null;
  const literal = exact * 10n ** BigInt(Math.max(scale - digits, 0));
  const unit = 10n ** BigInt(Math.max(digits - scale, 0));
  return (value) => sign((value as bigint) * unit - literal);
}

function sign(difference: bigint): number {
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}
