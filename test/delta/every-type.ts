import type { Table } from 'apache-arrow';
import type { Column, ColumnSpec, ColumnType } from '../../engine/columnar/column.ts';
import { type ColumnValue, columnOfValues, valuesOf } from '../../engine/columnar/column-of.ts';
import { columnOf, tableOf } from '../../engine/columnar/table.ts';
import type { TableMetadata } from '../../engine/delta/types.ts';

/** A column of each type, with the values it has in rows 0, 1, …: least, greatest, null, zero, small, again and again. */
export const everyType: readonly { readonly spec: ColumnSpec; readonly values: readonly ColumnValue[] }[] = [
  column('utf8', { kind: 'utf8' }, ['a', 'zoé \u{1f680} "q" \\ \n', null, '', 'b']),
  column('dictionary', { kind: 'dictionary' }, ['x', 'y', null, '', 'x']),
  column('binary', { kind: 'binary' }, [bytes(0, 255), bytes(7), null, bytes(), bytes(1, 2)]),
  column('bool', { kind: 'bool' }, [false, true, null, false, true]),
  column('int32', { kind: 'int32' }, [-(2 ** 31), 2 ** 31 - 1, null, 0, -1]),
  column('int64', { kind: 'int64' }, [-(2n ** 63n), 2n ** 63n - 1n, null, 0n, -1n]),
  column('float64', { kind: 'float64' }, [-1.7976931348623157e308, 5e-324, null, 0, 0.1]),
  column('date', { kind: 'date' }, [-25_567, 20_270, null, 0, 11_016]),
  column('timestamp', { kind: 'timestamp' }, [-1n, 1_751_328_000_123_456n, null, 0n, 951_782_400_000_001n]),
  column('decimal9', decimal(9, 2), [-999_999_999n, 999_999_999n, null, 0n, 1n]),
  column('decimal18', decimal(18, 6), [-(10n ** 18n) + 1n, 10n ** 18n - 1n, null, 0n, -1n]),
  column('decimal38', decimal(38, 12), [-(10n ** 38n) + 1n, 10n ** 38n - 1n, null, 0n, -1n]),
];

/** A table of every type, partitioned by `part` (its type and values are the caller's). */
export function everyTypeTable(part: ColumnType): TableMetadata {
  return {
    name: 'every_type',
    description: 'A column of each type',
    columns: [
      { name: 'row', type: { kind: 'int64' }, nullable: false },
      { name: 'part', type: part, nullable: true },
      ...everyType.map(({ spec }) => spec),
    ],
    partitionColumns: ['part'],
    configuration: {},
  };
}

/** Rows numbered from `first`, one for each partition value given. */
export function everyTypeRows(part: ColumnType, first: number, parts: readonly ColumnValue[]): Table {
  const rows = parts.map((_, i) => first + i);
  const columns: Record<string, Column> = {
    row: columnOfValues({ kind: 'int64' }, rows.map(BigInt)),
    part: columnOfValues(part, parts),
  };
  for (const { spec, values } of everyType) {
    columns[spec.name] = columnOfValues(
      spec.type,
      rows.map((row) => values[row % values.length]!),
    );
  }
  return tableOf(columns, everyTypeTable(part).columns);
}

/** The rows as plain objects. */
export function rowsOf(table: Table): Record<string, ColumnValue>[] {
  const names = table.schema.names.map(String);
  const columns = names.map((name) => valuesOf(columnOf(table, name)));
  return Array.from({ length: table.numRows }, (_, i) =>
    Object.fromEntries(names.map((name, c) => [name, columns[c]![i]!])),
  );
}

function column(name: string, type: ColumnType, values: readonly ColumnValue[]) {
  return { spec: { name, type, nullable: true }, values };
}

function decimal(precision: number, scale: number): ColumnType {
  return { kind: 'decimal', precision, scale };
}

function bytes(...values: number[]): Uint8Array {
  return Uint8Array.from(values);
}
