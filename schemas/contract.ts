/**
 * What a table promises: its fields, key, partitions, where its rows come from, and which of its fields are its content.
 * Arrow, Delta and CQL schemas and the data dictionary derive from these contracts.
 */
import type { ColumnSpec, ColumnType } from '../engine/columnar/column.ts';
import type { TableMetadata } from '../engine/delta/types.ts';

export type Layer = 'bronze' | 'silver' | 'gold' | 'quarantine' | 'ops';

/** A field. `technical` fields say how a row came to be; they are outside the logical hash and row equality. */
export interface Field extends ColumnSpec {
  readonly doc: string;
  readonly technical: boolean;
}

/**
 * How a change in an upstream partition maps to partitions of the target.
 * - `same`: the partition with the same value; `month`: the month that holds the upstream day;
 * - `window`: the upstream day and the `days` after it; `whole`: every partition;
 * - `dimension`: the dates, from the changed version's `valid_from` on, that hold the changed key.
 */
export type UpstreamMap =
  | { readonly kind: 'same' }
  | { readonly kind: 'month' }
  | { readonly kind: 'window'; readonly days: number }
  | { readonly kind: 'whole' }
  | { readonly kind: 'dimension'; readonly key: string };

export interface Upstream {
  readonly table: string;
  readonly map: UpstreamMap;
}

/** How a mart is kept in Cassandra: partition key columns, then clustering columns with their order. */
export interface ServingKey {
  readonly partition: readonly string[];
  readonly clustering: readonly { readonly column: string; readonly order: 'ASC' | 'DESC' }[];
  /** Table of the speed layer's increments, which are served in the mart's rows; null for marts of the batch layer alone. */
  readonly speed: string | null;
}

export interface TableContract {
  /** `<layer>.<name>`; the table lives at `<lake>/<layer>/<name>`. */
  readonly name: string;
  readonly layer: Layer;
  readonly doc: string;
  readonly key: readonly string[];
  /** Partition columns: none, or one. */
  readonly partition: string | null;
  readonly fields: readonly Field[];
  readonly upstream: readonly Upstream[];
  /** Version of the rules that make the rows: raising it makes every partition dirty. */
  readonly rulesVersion: number;
  readonly serving: ServingKey | null;
}

export const utf8: ColumnType = { kind: 'utf8' };
export const dictionary: ColumnType = { kind: 'dictionary' };
export const binary: ColumnType = { kind: 'binary' };
export const bool: ColumnType = { kind: 'bool' };
export const int32: ColumnType = { kind: 'int32' };
export const int64: ColumnType = { kind: 'int64' };
export const float64: ColumnType = { kind: 'float64' };
export const date: ColumnType = { kind: 'date' };
export const timestamp: ColumnType = { kind: 'timestamp' };
export const decimal = (precision: number, scale: number): ColumnType => ({ kind: 'decimal', precision, scale });

/** Amounts of one row: US dollars, quantities, kilograms of CO2e, converted currency, ratios. */
export const money = decimal(18, 6);
export const qty = decimal(18, 6);
export const carbon = decimal(18, 9);
export const converted = decimal(28, 9);
export const ratio = decimal(38, 12);
/** Sums of those keep the scale and get all 38 digits. */
export const moneySum = decimal(38, 6);
export const qtySum = decimal(38, 6);
export const carbonSum = decimal(38, 9);
export const convertedSum = decimal(38, 9);

/** A field that may be null. */
export function field(name: string, type: ColumnType, doc: string): Field {
  return { name, type, doc, nullable: true, technical: false };
}

/** A field that is never null. */
export function required(name: string, type: ColumnType, doc: string): Field {
  return { name, type, doc, nullable: false, technical: false };
}

/** A nullable field outside the table's content. */
export function technical(name: string, type: ColumnType, doc: string): Field {
  return { name, type, doc, nullable: true, technical: true };
}

/** The Delta metadata of a new table under this contract. */
export function metadataOf(contract: TableContract): TableMetadata {
  return {
    name: contract.name,
    description: contract.doc,
    columns: contract.fields.map(({ name, type, nullable }) => ({ name, type, nullable })),
    partitionColumns: contract.partition === null ? [] : [contract.partition],
    configuration: {},
  };
}

/** Metadata as it is, with the columns of the contract that it lacks: those that nothing has stated yet, or that are new. */
export function metadataWith(contract: TableContract, base: TableMetadata | null): TableMetadata {
  const full = metadataOf(contract);
  if (base === null) return full;
  const present = new Set(base.columns.map((c) => c.name));
  return { ...base, columns: [...base.columns, ...full.columns.filter((c) => !present.has(c.name))] };
}

/** Application id of the record that `partition` of `target` consumed `upstream`: its version is that of the upstream table. */
export function consumedId(target: string, partition: string, upstream: string): string {
  return `${target}/${partition}←${upstream}`;
}

/** Application id of the version up to which every partition of the target has consumed whatever of an upstream maps to it. */
export function caughtUpId(target: string, upstream: string): string {
  return `${target}←${upstream}`;
}

/** Application id of the record that the table was restored: when the last restore was asked for, milliseconds since 1970. */
export function restoredId(target: string): string {
  return `${target}←restore`;
}

/** Application id of the version that the last restore replaced. */
export function replacedId(target: string): string {
  return `${target}←before the restore`;
}

/** Names of the fields that are the table's content: what the logical hash and row equality cover. */
export function contentOf(contract: TableContract): readonly string[] {
  return contract.fields.filter((f) => !f.technical).map((f) => f.name);
}

/** `silver.usage_events` → `silver/usage_events`. */
export function pathOf(table: string): string {
  return table.replace('.', '/');
}
