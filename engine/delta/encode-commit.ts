/**
 * A commit as the JSON lines of its log file.
 * Source: PROTOCOL.md, "Actions".
 */
import type { ColumnSpec } from '../columnar/column.ts';
import { protocol, type TableIdentity } from './actions.ts';
import { encodePath } from './paths.ts';
import { schemaString } from './schema.ts';
import { encodeStats } from './stats-json.ts';
import type { AddFile, TableMetadata } from './types.ts';

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
