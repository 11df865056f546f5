/** Rows of a mart from the lake's files. */
import type { Table } from 'apache-arrow';
import type { Lake } from '../engine/delta/lake.ts';
import { readFiles } from '../engine/delta/read.ts';
import type { AddFile, TableMetadata } from '../engine/delta/types.ts';
import { pathOf } from '../schemas/contract.ts';
import type { ServedMart } from './cql-type.ts';

/** Reads files of a mart: its columns, in the contract's order, with the types of `metadata`. */
export type MartReader = (mart: ServedMart, metadata: TableMetadata, files: readonly AddFile[]) => Promise<Table>;

/** A reader that still has the rows it read last: files never change, and who publishes rows reads them back next. */
export function martReader(lake: Lake): MartReader {
  let last: { readonly files: string; readonly rows: Table } | null = null;
  return async (mart, metadata, files) => {
    const path = pathOf(mart.contract.name);
    const key = JSON.stringify([path, metadata.columns, files.map((file) => file.path)]);
    if (last?.files === key) return last.rows;
    const rows = await readFiles(lake.store, path, metadata, files, mart.columns);
    if (files.length > 0) last = { files: key, rows };
    return rows;
  };
}
