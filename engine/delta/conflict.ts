/**
 * Whether a commit that lost a race may be made on top of the winner.
 * Source: https://docs.delta.io/latest/concurrency-control.html, at serializable isolation.
 */
import type { LogCommit } from './actions.ts';
import { inPartition, partitionKey } from './partitions.ts';
import type { CommitRequest, PartitionValues } from './types.ts';

/**
 * Why `winner`, committed after what `request` is based on, makes the request invalid; null when it does not.
 *
 * Any of these does: the winner changes protocol or metadata; the request changes metadata; both record the same
 * application id; both remove, or both add, the same file; the winner changed rows the request has read. A winner that only
 * rearranges rows (compaction) disturbs nobody but those who remove the same files.
 */
export function conflictBetween(request: CommitRequest, winner: LogCommit): string | null {
  if (winner.protocol !== null) return 'the protocol was changed';
  if (winner.metadata !== null) return 'the metadata was changed';
  if (request.metadata !== undefined) return 'the metadata is to be changed while others write';
  for (const appId of Object.keys(request.txns)) {
    if (winner.txns.has(appId)) return `the application ${appId} committed`;
  }
  const removed = new Set(winner.removes.map((file) => file.path));
  for (const { path } of request.removes) if (removed.has(path)) return `${path} was removed`;
  const added = new Set(winner.adds.map((file) => file.path));
  for (const { path } of request.adds) if (added.has(path) || removed.has(path)) return `${path} was written`;

  for (const file of [...winner.removes, ...winner.adds]) {
    if (file.dataChange && isRead(request, file.partitionValues)) {
      return `rows of ${partitionKey(file.partitionValues) || 'the table'} were changed`;
    }
  }
  return null;
}

function isRead({ reads }: CommitRequest, values: PartitionValues): boolean {
  switch (reads.kind) {
    case 'nothing':
      return false;
    case 'table':
      return true;
    case 'partitions':
      return reads.partitions.some((wanted) => inPartition(values, wanted));
  }
}
