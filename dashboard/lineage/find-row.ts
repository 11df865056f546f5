/** The row of a table that a key tells. */

import { cellAt } from '../../engine/columnar/cell.ts';
import { isValid } from '../../engine/columnar/column.ts';
import { columnOfValues } from '../../engine/columnar/column-of.ts';
import { admitsPartition, BadCondition, type Filter, filterOf } from '../../engine/delta/condition.ts';
import type { Lake } from '../../engine/delta/lake.ts';
import type { AddFile, Snapshot } from '../../engine/delta/types.ts';
import { contractOf } from '../../schemas/catalog.ts';
import { metadataWith, type TableContract } from '../../schemas/contract.ts';
import { BadQuestion, NoSuchRow } from './explanation.ts';
import { type Columns, type PickedRows, pickRows, sameAs } from './picked-rows.ts';

/** Key column → its value as text. The partition column may be there too: then only its partition is read. */
export type Key = Readonly<Record<string, string>>;

/** The key that parts such as `org_id=org_1a2b3c4d` say. Throws `BadQuestion` for another form. */
export function keyOf(parts: readonly string[]): Key {
  return Object.fromEntries(
    parts.map((part) => {
      const at = part.indexOf('=');
      if (at < 1) throw new BadQuestion(`key is ${JSON.stringify(part)}, expected column=value`, 'key');
      return [part.slice(0, at), part.slice(at + 1)];
    }),
  );
}

/** Files that are looked through for rows that come near. */
const searched = 400;
/** Values of a column that are named. */
const named = 6;

/**
 * The rows of the key, all columns: one, unless the table is broken. Throws `BadQuestion` for a key that is none of this table, and
 * `NoSuchRow`, with the keys that come nearest.
 */
export async function findRow(lake: Lake, table: string, snapshot: Snapshot, key: Key): Promise<PickedRows> {
  const contract = contractOf(table);
  const metadata = metadataWith(contract, snapshot.metadata);
  const filters = filtersOf(contract, snapshot, key);
  const rows = await pickRows(lake, table, snapshot, {
    files: admitted(snapshot.files, filters, contract.partition),
    tested: filters.map(({ spec }) => spec.name),
    listed: metadata.columns.map(({ name }) => name),
    picks: (columns) => maskOf(filters, key, columns),
  });
  if (rows.length > 0) return rows;
  throw new NoSuchRow(
    `${table} has no row ${textOf(key)} at version ${snapshot.version}; ${await nearest(lake, contract, snapshot, filters, key)}`,
  );
}

function filtersOf(contract: TableContract, snapshot: Snapshot, key: Key): Filter[] {
  const { columns } = metadataWith(contract, snapshot.metadata);
  const known = [...contract.key, ...(contract.partition === null ? [] : [contract.partition])];
  const told = `a row of ${contract.name} is told by ${contract.key.join(', ')}`;
  for (const name of Object.keys(key)) {
    if (!known.includes(name)) throw new BadQuestion(`${name} is no key column: ${told}`);
  }
  const missing = contract.key.filter((name) => key[name] === undefined || key[name] === '');
  if (missing.length > 0) throw new BadQuestion(`the key lacks ${missing.join(', ')}: ${told}`);
  try {
    return Object.entries(key).map(([column, value]) => filterOf({ column, operator: '=', value }, columns));
  } catch (error) {
    throw error instanceof BadCondition ? new BadQuestion(error.message) : error;
  }
}

function admitted(files: readonly AddFile[], filters: readonly Filter[], partition: string | null): readonly AddFile[] {
  const filter = filters.find(({ spec }) => spec.name === partition);
  return filter === undefined
    ? files
    : files.filter((file) => admitsPartition(filter, file.partitionValues[filter.spec.name] ?? null));
}

/** Text is compared as whole columns, what is left of it row by row. */
function maskOf(filters: readonly Filter[], key: Key, columns: Columns): Uint8Array {
  const texts = filters.filter(({ spec }) => spec.type.kind === 'utf8' || spec.type.kind === 'dictionary');
  const others = filters.filter((filter) => !texts.includes(filter));
  const { length } = columns[filters[0]!.spec.name]!;
  const mask =
    texts.length === 0
      ? new Uint8Array(length).fill(1)
      : sameAs(
          texts.map(({ spec }) => columns[spec.name]!),
          texts.map(({ spec }) => columnOfValues(spec.type, [key[spec.name]!])),
        )!;
  for (const { spec, holds } of others) {
    const column = columns[spec.name]!;
    for (let row = 0; row < length; row++) if (mask[row] === 1 && !holds(column, row)) mask[row] = 0;
  }
  return mask;
}

/** For each key column the values of rows that agree in all others; when there are none, of the first column that has not the one asked for. */
async function nearest(
  lake: Lake,
  contract: TableContract,
  snapshot: Snapshot,
  filters: readonly Filter[],
  key: Key,
): Promise<string> {
  const keyed = filters.filter(({ spec }) => contract.key.includes(spec.name));
  const found: string[] = [];
  for (const filter of keyed) {
    const rest = filters.filter((f) => f !== filter && keyed.includes(f));
    const values = await valuesWith(lake, contract, snapshot, filter, rest, key);
    if (values.size > 0) found.push(`${filter.spec.name}: ${someOf([...values].sort(), key[filter.spec.name]!)}`);
  }
  if (found.length > 0) return `rows that differ in one column have ${found.join('; ')}`;
  for (const [i, filter] of keyed.entries()) {
    const before = keyed.slice(0, i);
    const values = await valuesWith(lake, contract, snapshot, filter, before, key);
    const asked = key[filter.spec.name]!;
    if (values.has(asked)) continue;
    if (values.size === 0) return 'it has no rows at all';
    const whose = before.map(({ spec }) => `${spec.name}=${key[spec.name]}`).join(' ');
    return `rows${whose === '' ? '' : ` of ${whose}`} have ${filter.spec.name}: ${someOf([...values].sort(), asked)}`;
  }
  return 'its partition is another one';
}

async function valuesWith(
  lake: Lake,
  { name, partition }: TableContract,
  snapshot: Snapshot,
  { spec }: Filter,
  others: readonly Filter[],
  key: Key,
): Promise<Set<string>> {
  const { columns } = await pickRows(lake, name, snapshot, {
    files: admitted(snapshot.files, others, partition).slice(-searched),
    tested: [...others.map((other) => other.spec.name), spec.name],
    listed: [],
    picks: (tested) => (others.length === 0 ? everyRow(tested[spec.name]!.length) : maskOf(others, key, tested)),
  });
  const column = columns[spec.name]!;
  const values = new Set<string>();
  for (let row = 0; row < column.length; row++) if (isValid(column, row)) values.add(String(cellAt(column, row)));
  return values;
}

function everyRow(length: number): Uint8Array {
  return new Uint8Array(length).fill(1);
}

/** The values around the one asked for, and how many there are. */
function someOf(values: readonly string[], asked: string): string {
  if (values.length <= named) return values.join(', ');
  const after = values.findIndex((value) => value > asked);
  const start = Math.min(Math.max((after < 0 ? values.length : after) - named / 2, 0), values.length - named);
  return `${values.slice(start, start + named).join(', ')} (${values.length} from ${values[0]} to ${values.at(-1)})`;
}

function textOf(key: Key): string {
  return Object.entries(key)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}
