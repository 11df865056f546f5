/**
 * A commit from the JSON lines of its log file, whoever wrote it.
 * Source: PROTOCOL.md, "Actions".
 */
import type { ColumnSpec } from '../columnar/column.ts';
import { type LogCommit, type Protocol, protocol, type TableIdentity, type Tombstone } from './actions.ts';
import { integerOf, recordOf, textMapOf, textOf } from './json.ts';
import { decodePath } from './paths.ts';
import { parseSchemaString } from './schema.ts';
import { parseStats } from './stats-json.ts';
import type { AddFile, PartitionValues, TableMetadata } from './types.ts';

/**
 * The commit in a log file. `columns` are the table's before this commit (empty for the first). A commit that states no time
 * has time 0. Actions this package does not know are passed over, as the protocol asks. Throws with version and line when
 * a line is not JSON.
 */
export function parseCommit(version: number, bytes: Uint8Array, columns: readonly ColumnSpec[]): LogCommit {
  const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  const actions = text.split('\n').flatMap((line, i): Readonly<Record<string, unknown>>[] => {
    if (line.trim() === '') return [];
    try {
      return [recordOf(JSON.parse(line), 'action')];
    } catch (error) {
      throw new Error(`Delta log: version ${version}, line ${i + 1}: ${(error as Error).message}`, { cause: error });
    }
  });
  const all = (name: string) =>
    actions.flatMap((action) => (action[name] === undefined ? [] : [recordOf(action[name], name)]));
  const info = all('commitInfo')[0] ?? {};
  const metaData = all('metaData')[0];
  const parsed = metaData === undefined ? null : parseMetadata(metaData);
  const known = parsed?.metadata.columns ?? columns;
  const protocolAction = all('protocol')[0];
  return {
    version,
    timestampMs: typeof info.timestamp === 'number' ? info.timestamp : 0,
    adds: all('add').map((add) => parseAdd(add, known)),
    removes: all('remove').map(parseRemove),
    txns: new Map(all('txn').map((txn) => [textOf(txn.appId, 'appId'), integerOf(txn.version, 'txn.version')])),
    metadata: parsed?.metadata ?? null,
    identity: parsed?.identity ?? null,
    protocol: protocolAction === undefined ? null : parseProtocol(protocolAction),
    operation: typeof info.operation === 'string' ? info.operation : 'UNKNOWN',
    info: recordOf(info.cpa ?? {}, 'commitInfo.cpa'),
    txnId: typeof info.txnId === 'string' ? info.txnId : null,
  };
}

/** A file of an `add` action. */
export function parseAdd(add: Readonly<Record<string, unknown>>, columns: readonly ColumnSpec[]): AddFile {
  const tags = textMapOf(add.tags, 'tags');
  return {
    path: decodePath(textOf(add.path, 'add.path')),
    partitionValues: parsePartitionValues(add.partitionValues),
    size: integerOf(add.size, 'add.size'),
    modificationTime: integerOf(add.modificationTime, 'add.modificationTime'),
    dataChange: add.dataChange !== false,
    stats: parseStats(add.stats, columns),
    ...(Object.keys(tags).length === 0 ? {} : { tags }),
  };
}

/** A file of a `remove` action. Other writers may leave the partition values out: then there are none here. */
export function parseRemove(remove: Readonly<Record<string, unknown>>): Tombstone {
  return {
    path: decodePath(textOf(remove.path, 'remove.path')),
    partitionValues: parsePartitionValues(remove.partitionValues ?? {}),
    dataChange: remove.dataChange !== false,
    deletedMs: integerOf(remove.deletionTimestamp ?? 0, 'deletionTimestamp'),
    size: integerOf(remove.size ?? 0, 'remove.size'),
  };
}

/** The description and identity of a `metaData` action. */
export function parseMetadata(metaData: Readonly<Record<string, unknown>>): {
  readonly metadata: TableMetadata;
  readonly identity: TableIdentity;
} {
  const partitionColumns = metaData.partitionColumns;
  return {
    metadata: {
      name: textOf(metaData.name ?? '', 'metaData.name'),
      description: textOf(metaData.description ?? '', 'metaData.description'),
      columns: parseSchemaString(textOf(metaData.schemaString, 'metaData.schemaString')),
      partitionColumns: Array.isArray(partitionColumns)
        ? partitionColumns.map((name) => textOf(name, 'partition column'))
        : [],
      configuration: textMapOf(metaData.configuration, 'configuration'),
    },
    identity: {
      tableId: textOf(metaData.id, 'metaData.id'),
      createdMs: integerOf(metaData.createdTime ?? 0, 'createdTime'),
    },
  };
}

/** The versions of a `protocol` action. Throws when a reader of this package would misread the table. */
export function parseProtocol(action: Readonly<Record<string, unknown>>): Protocol {
  const found = {
    minReaderVersion: integerOf(action.minReaderVersion, 'minReaderVersion'),
    minWriterVersion: integerOf(action.minWriterVersion, 'minWriterVersion'),
  };
  if (found.minReaderVersion > protocol.minReaderVersion) {
    throw new Error(`Delta table needs reader version ${found.minReaderVersion}; this one is 1`);
  }
  return found;
}

function parsePartitionValues(value: unknown): PartitionValues {
  const values: Record<string, string | null> = {};
  for (const [name, entry] of Object.entries(recordOf(value, 'partitionValues'))) {
    // The protocol's two ways to write null.
    values[name] = entry === null || entry === '' ? null : textOf(entry, `partitionValues.${name}`);
  }
  return values;
}
