/**
 * A checkpoint's rows as a nested Arrow table and back: one struct column for each kind of action, one of them set in each row.
 * Source: PROTOCOL.md, "Checkpoint Schema".
 */
import { type Data, Field, makeData, RecordBatch, Schema, Struct, Table } from 'apache-arrow';
import {
  flags,
  ints,
  lists,
  longs,
  maps,
  nulls,
  presenceIn,
  structs,
  type Text,
  texts,
  valuesOf,
} from './nested-columns.ts';

/** The actions of a checkpoint. Every array in `add`, `remove` and `txn` is as long as its number of actions. */
export interface CheckpointRows {
  readonly protocol: { readonly minReaderVersion: number; readonly minWriterVersion: number };
  readonly metaData: {
    readonly id: string;
    readonly name: string;
    readonly description: string;
    readonly format: { readonly provider: string; readonly options: Readonly<Record<string, string>> };
    readonly schemaString: string;
    readonly partitionColumns: readonly string[];
    readonly configuration: Readonly<Record<string, string>>;
    readonly createdTime: number;
  };
  readonly txn: { readonly appId: readonly string[]; readonly version: readonly number[] };
  readonly add: {
    readonly path: readonly string[];
    readonly partitionValues: readonly Readonly<Record<string, Text>>[];
    readonly size: readonly number[];
    readonly modificationTime: readonly number[];
    readonly dataChange: readonly boolean[];
    readonly stats: readonly string[];
    readonly tags: readonly (Readonly<Record<string, string>> | null)[];
  };
  readonly remove: {
    readonly path: readonly string[];
    readonly deletionTimestamp: readonly number[];
    readonly dataChange: readonly boolean[];
    readonly partitionValues: readonly Readonly<Record<string, Text>>[];
    readonly size: readonly number[];
  };
}

/** The rows as an Arrow table with the columns `txn`, `add`, `remove`, `metaData`, `protocol`. */
export function checkpointTable(rows: CheckpointRows): Table {
  const { protocol, metaData, txn, add, remove } = rows;
  const parts: { name: string; count: number; children: Record<string, Data> }[] = [
    { name: 'txn', count: txn.appId.length, children: { appId: texts(txn.appId), version: longs(txn.version) } },
    {
      name: 'add',
      count: add.path.length,
      children: {
        path: texts(add.path),
        partitionValues: maps(add.partitionValues),
        size: longs(add.size),
        modificationTime: longs(add.modificationTime),
        dataChange: flags(add.dataChange),
        stats: texts(add.stats),
        tags: maps(add.tags),
      },
    },
    {
      name: 'remove',
      count: remove.path.length,
      children: {
        path: texts(remove.path),
        deletionTimestamp: longs(remove.deletionTimestamp),
        dataChange: flags(remove.dataChange),
        extendedFileMetadata: flags(remove.path.map(() => true)),
        partitionValues: maps(remove.partitionValues),
        size: longs(remove.size),
      },
    },
    {
      name: 'metaData',
      count: 1,
      children: {
        id: texts([metaData.id]),
        name: texts([metaData.name]),
        description: texts([metaData.description]),
        format: structs(1, { provider: texts([metaData.format.provider]), options: maps([metaData.format.options]) }),
        schemaString: texts([metaData.schemaString]),
        partitionColumns: lists([metaData.partitionColumns]),
        configuration: maps([metaData.configuration]),
        createdTime: longs([metaData.createdTime]),
      },
    },
    {
      name: 'protocol',
      count: 1,
      children: {
        minReaderVersion: ints([protocol.minReaderVersion]),
        minWriterVersion: ints([protocol.minWriterVersion]),
      },
    },
  ];
  // One record batch for each kind: there the column of that kind is full and the others are null.
  const structsOf = parts.map(({ count, children }) => structs(count, children));
  const schema = new Schema(parts.map(({ name }, i) => new Field(name, structsOf[i]!.type, true)));
  const rootType = new Struct(schema.fields);
  const batches = parts.flatMap(({ count }, full) => {
    if (count === 0) return [];
    const children = structsOf.map((data, i) => (i === full ? data : nulls(data.type, count)));
    return [new RecordBatch(schema, makeData({ type: rootType, length: count, nullCount: 0, children }))];
  });
  return new Table(schema, batches);
}

/** How many actions of one kind there are in a checkpoint. */
export function countOf(table: Table, kind: string): number {
  return (table.getChild(kind)?.data ?? []).reduce((sum, chunk) => sum + chunk.length - chunk.nullCount, 0);
}

/** The actions of one kind in a checkpoint, as the plain objects that the log's JSON would give. */
export function actionsIn(table: Table, kind: string): Readonly<Record<string, unknown>>[] {
  const actions: Readonly<Record<string, unknown>>[] = [];
  for (const chunk of table.getChild(kind)?.data ?? []) {
    const names = (chunk.type as Struct).children.map((field) => field.name);
    const fields = chunk.children.map(valuesOf);
    const isPresent = presenceIn(chunk);
    for (let i = 0; i < chunk.length; i++) {
      if (!isPresent(i)) continue;
      const action: Record<string, unknown> = {};
      for (let c = 0; c < names.length; c++) {
        const value = fields[c]!(i);
        if (value !== null) action[names[c]!] = value;
      }
      actions.push(action);
    }
  }
  return actions;
}
