/** Columns put under the contract of a table. */
import type { Table } from 'apache-arrow';
import type { Column } from '../engine/columnar/column.ts';
import { decodeDictionary, encodeDictionary } from '../engine/columnar/dictionary.ts';
import { sortIndices } from '../engine/columnar/sort.ts';
import { tableOf } from '../engine/columnar/table.ts';
import { takeColumn } from '../engine/columnar/take.ts';
import { countNulls } from '../engine/columnar/validity.ts';
import type { Field, TableContract } from '../schemas/contract.ts';

/**
 * The contract's fields, in its order, rows sorted by its key. Text is brought into the form of the contract (plain or
 * dictionary). Throws when a field is missing, of another type, or null where the contract forbids it.
 */
export function underContract(contract: TableContract, columns: Readonly<Record<string, Column>>): Table {
  const typed = Object.fromEntries(contract.fields.map((f) => [f.name, typedColumn(contract, f, columns[f.name])]));
  const order = sortIndices(contract.key.map((name) => ({ column: typed[name]! })));
  const sorted = Object.fromEntries(Object.entries(typed).map(([name, c]) => [name, takeColumn(c, order)]));
  return tableOf(sorted, contract.fields);
}

function typedColumn(contract: TableContract, field: Field, column: Column | undefined): Column {
  if (column === undefined) throw new Error(`${contract.name}: no column ${field.name}`);
  const { type } = field;
  const out =
    type.kind === 'utf8' && column.kind === 'dictionary'
      ? decodeDictionary(column)
      : type.kind === 'dictionary' && column.kind === 'utf8'
        ? encodeDictionary(column)
        : column;
  const same =
    out.kind === type.kind &&
    (out.kind !== 'decimal' ||
      type.kind !== 'decimal' ||
      (out.scale === type.scale && out.precision === type.precision));
  if (!same) throw new Error(`${contract.name}: ${field.name} is ${describe(out)}, not ${describe(type)}`);
  const nulls = field.nullable ? 0 : countNulls(out);
  if (nulls > 0) throw new Error(`${contract.name}: ${field.name} is null in ${nulls} of ${out.length} rows`);
  return out;
}

function describe(type: { readonly kind: string; readonly precision?: number; readonly scale?: number }): string {
  return type.kind === 'decimal' ? `decimal(${type.precision}, ${type.scale})` : type.kind;
}
