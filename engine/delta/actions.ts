/**
 * The JSON lines of a commit: from a request to bytes and from bytes to a commit.
 * Source: PROTOCOL.md, "Actions".
 */
import type { ColumnSpec } from '../columnar/column.ts';
import { integerOf, recordOf, textMapOf, textOf } from './json.ts';
import { parseSchemaString, schemaString } from './schema.ts';
import { encodeStats, parseStats } from './stats-json.ts';
import type { AddFile, Commit, PartitionValues, RemovedFile, TableMetadata } from './types.ts';

/** What this package writes into every table, and the most it can read and write. */
export const protocol = { minReaderVersion: 1, minWriterVersion: 2 } as const;

/** A `protocol` action. */
export interface Protocol {
  readonly minReaderVersion: number;
  readonly minWriterVersion: number;
}

/** A `metaData` action: what a table is, with the identity it got when it was made. */
export interface TableIdentity {
  readonly tableId: string;
  readonly createdMs: number;
}

/** A `remove` action as the log keeps it: a file that left the table, and when. */
export interface Tombstone extends RemovedFile {
  readonly deletedMs: number;
  readonly size: number;
}

/** A commit with what only the log itself needs. `txnId` is the writer's own identifier of this attempt. */
export interface LogCommit extends Commit {
  readonly txnId: string | null;
  readonly protocol: Protocol | null;
  readonly identity: TableIdentity | null;
  readonly removes: readonly Tombstone[];
}

/** What `encodeCommit` writes; `timestampMs` has the log's order (later commits have later times). */
export interface CommitContent {
  readonly timestampMs: number;
  readonly txnId: string;
  readonly operation: string;
  readonly readVersion: number | null;
  readonly isBlindAppend: boolean;
  readonly info: Readonly<Record<string, unknown>>;
  readonly metadata: TableMetadata | null;
  /** Given exactly with `metadata`. */
  readonly identity: TableIdentity | null;
  readonly withProtocol: boolean;
  readonly txns: Readonly<Record<string, number>>;
  readonly removes: readonly AddFile[];
  readonly adds: readonly AddFile[];
  readonly dataChange: boolean;
  readonly columns: readonly ColumnSpec[];
}

const engineInfo = 'Cloud-Provider-Analytics/0.1.0';

/** The commit as the lines of its log file, `commitInfo` first. */
export function encodeCommit(content: CommitContent): Uint8Array {
  const { timestampMs, dataChange } = content;
  const actions: unknown[] = [
    {
      commitInfo: {
        timestamp: timestampMs,
        operation: content.operation,
        operationParameters: {},
        ...(content.readVersion === null ? {} : { readVersion: content.readVersion }),
        isBlindAppend: content.isBlindAppend,
        engineInfo,
        txnId: content.txnId,
        cpa: content.info,
      },
    },
  ];
  if (content.withProtocol) actions.push({ protocol });
  if (content.metadata !== null && content.identity !== null) {
    actions.push({ metaData: metadataAction(content.metadata, content.identity) });
  }
  for (const [appId, version] of Object.entries(content.txns)) {
    actions.push({ txn: { appId, version, lastUpdated: timestampMs } });
  }
  for (const file of content.removes) {
    actions.push({
      remove: {
        path: encodePath(file.path),
        deletionTimestamp: timestampMs,
        dataChange,
        extendedFileMetadata: true,
        partitionValues: file.partitionValues,
        size: file.size,
      },
    });
  }
  for (const file of content.adds) {
    actions.push({
      add: {
        path: encodePath(file.path),
        partitionValues: file.partitionValues,
        size: file.size,
        modificationTime: file.modificationTime,
        dataChange,
        stats: encodeStats(file.stats, content.columns),
        ...(file.tags === undefined ? {} : { tags: file.tags }),
      },
    });
  }
  return new TextEncoder().encode(actions.map((action) => `${JSON.stringify(action)}\n`).join(''));
}

/** The fields of a `metaData` action. */
export function metadataAction(metadata: TableMetadata, identity: TableIdentity) {
  return {
    id: identity.tableId,
    name: metadata.name,
    description: metadata.description,
    format: { provider: 'parquet', options: {} },
    schemaString: schemaString(metadata.columns),
    partitionColumns: metadata.partitionColumns,
    configuration: metadata.configuration,
    createdTime: identity.createdMs,
  };
}

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

/** A relative path as the log writes it: each segment URI-encoded, `=` left readable. */
export function encodePath(path: string): string {
  return path
    .split('/')
    .map((segment) => encodeURIComponent(segment).replaceAll('%3D', '='))
    .join('/');
}

/** The path that a log means. */
export function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch (error) {
    throw new Error(`Delta log: path is not URI-encoded: ${path}`, { cause: error });
  }
}

function parsePartitionValues(value: unknown): PartitionValues {
  const values: Record<string, string | null> = {};
  for (const [name, entry] of Object.entries(recordOf(value, 'partitionValues'))) {
    // The protocol's two ways to write null.
    values[name] = entry === null || entry === '' ? null : textOf(entry, `partitionValues.${name}`);
  }
  return values;
}
