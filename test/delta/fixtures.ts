import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AddFile, CommitRequest, TableMetadata } from '../../engine/delta/types.ts';
import { localStore } from '../../engine/storage/local.ts';
import type { ObjectStore } from '../../engine/storage/object-store.ts';

export const metadata: TableMetadata = {
  name: 'events',
  description: 'Events by day',
  columns: [
    { name: 'event_id', type: { kind: 'utf8' }, nullable: false },
    { name: 'service', type: { kind: 'dictionary' }, nullable: true },
    { name: 'cost', type: { kind: 'decimal', precision: 18, scale: 6 }, nullable: true },
    { name: 'sequence', type: { kind: 'int64' }, nullable: true },
    { name: 'count', type: { kind: 'int32' }, nullable: true },
    { name: 'at', type: { kind: 'timestamp' }, nullable: true },
    { name: 'day', type: { kind: 'date' }, nullable: false },
  ],
  partitionColumns: ['day'],
  configuration: {},
};

export function file(path: string, day = '2025-07-01', rows = 3): AddFile {
  return {
    path,
    partitionValues: { day },
    size: 1000,
    modificationTime: 1_700_000_000_000,
    dataChange: true,
    stats: { numRecords: rows },
  };
}

/** A blind append unless told otherwise. */
export function request(change: Partial<CommitRequest>): CommitRequest {
  return {
    base: null,
    reads: { kind: 'nothing' },
    adds: [],
    removes: [],
    txns: {},
    dataChange: true,
    operation: 'WRITE',
    info: {},
    ...change,
  };
}

export async function temporaryStore(): Promise<ObjectStore> {
  return localStore(await mkdtemp(join(tmpdir(), 'cpa-delta-')));
}
