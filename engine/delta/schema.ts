/**
 * Column specifications as Delta schema JSON and back.
 * Source: PROTOCOL.md, "Schema Serialization Format".
 */
import type { ColumnSpec, ColumnType } from '../columnar/column.ts';
import { recordOf, textOf } from './json.ts';
import type { TableMetadata } from './types.ts';

/** Field metadata that tells low-cardinality text from other text: Delta has one type for both. */
const kindKey = 'cpa.kind';

const plainTypes = {
  utf8: 'string',
  dictionary: 'string',
  binary: 'binary',
  bool: 'boolean',
  int32: 'integer',
  int64: 'long',
  float64: 'double',
  date: 'date',
  timestamp: 'timestamp',
} as const;

const kindOfPlainType: ReadonlyMap<string, keyof typeof plainTypes> = new Map(
  Object.entries(plainTypes)
    .filter(([kind]) => kind !== 'dictionary')
    .map(([kind, name]) => [name, kind as keyof typeof plainTypes]),
);

/** The Delta name of a column type: `string`, `long`, `decimal(18,6)`… */
export function deltaType(type: ColumnType): string {
  return type.kind === 'decimal' ? `decimal(${type.precision},${type.scale})` : plainTypes[type.kind];
}

/** The columns as the `schemaString` of a `metaData` action. */
export function schemaString(columns: readonly ColumnSpec[]): string {
  const fields = columns.map(({ name, type, nullable }) => ({
    name,
    type: deltaType(type),
    nullable,
    metadata: type.kind === 'dictionary' ? { [kindKey]: 'dictionary' } : {},
  }));
  return JSON.stringify({ type: 'struct', fields });
}

/** The columns of a `schemaString`. Throws on types that no column here can hold (nested ones, timestamps without zone…). */
export function parseSchemaString(text: string): ColumnSpec[] {
  const fields = recordOf(JSON.parse(text), 'schema').fields;
  if (!Array.isArray(fields)) throw new Error(`Delta schema without fields: ${text.slice(0, 200)}`);
  return fields.map((value: unknown) => {
    const field = recordOf(value, 'schema field');
    const name = textOf(field.name, 'schema field name');
    const metadata = recordOf(field.metadata ?? {}, `metadata of column ${name}`);
    return { name, type: parseType(name, field.type, metadata[kindKey]), nullable: field.nullable !== false };
  });
}

function parseType(name: string, type: unknown, kind: unknown): ColumnType {
  if (typeof type === 'string') {
    if (type === 'string' && kind === 'dictionary') return { kind: 'dictionary' };
    const decimal = /^decimal\(\s*(\d+)\s*,\s*(\d+)\s*\)$/.exec(type);
    if (decimal !== null) return { kind: 'decimal', precision: Number(decimal[1]), scale: Number(decimal[2]) };
    const plain = kindOfPlainType.get(type);
    if (plain !== undefined) return { kind: plain };
  }
  throw new Error(`Delta column ${name} has the unsupported type ${JSON.stringify(type)}`);
}

/** Whether two descriptions of a table would be written as the same `metaData` action. */
export function sameMetadata(a: TableMetadata, b: TableMetadata): boolean {
  const text = (m: TableMetadata) =>
    JSON.stringify([
      m.name,
      m.description,
      schemaString(m.columns),
      m.partitionColumns,
      Object.entries(m.configuration).sort(([x], [y]) => (x < y ? -1 : 1)),
    ]);
  return text(a) === text(b);
}

/**
 * Checks that `next` can follow `current` without rewriting a file: columns keep name, type and nullability, new ones are
 * nullable, the partition columns stay. Throws with the difference.
 */
export function checkEvolution(current: TableMetadata, next: TableMetadata): void {
  const refused = (reason: string) => new Error(`schema evolution of ${current.name}: ${reason}`);
  if (current.partitionColumns.join('\n') !== next.partitionColumns.join('\n')) {
    throw refused(`partition columns change from (${current.partitionColumns}) to (${next.partitionColumns})`);
  }
  const columns = new Map(next.columns.map((column) => [column.name, column]));
  for (const { name, type, nullable } of current.columns) {
    const column = columns.get(name);
    if (column === undefined) throw refused(`column ${name} disappears`);
    if (deltaType(column.type) !== deltaType(type)) {
      throw refused(`column ${name} changes from ${deltaType(type)} to ${deltaType(column.type)}`);
    }
    if (column.nullable !== nullable) throw refused(`column ${name} changes to nullable = ${column.nullable}`);
    columns.delete(name);
  }
  for (const added of columns.values())
    if (!added.nullable) throw refused(`the new column ${added.name} is not nullable`);
}

/** Checks what holds of any table: distinct column names, partition columns among them. Throws with the reason. */
export function checkMetadata(metadata: TableMetadata): void {
  const names = new Set(metadata.columns.map((column) => column.name.toLowerCase()));
  if (names.size !== metadata.columns.length) throw new Error(`table ${metadata.name}: column names repeat`);
  for (const name of metadata.partitionColumns) {
    if (!metadata.columns.some((column) => column.name === name)) {
      throw new Error(`table ${metadata.name}: partition column ${name} is not a column`);
    }
  }
}
