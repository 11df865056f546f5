/**
 * Committing: write the next version's file if nobody else did; otherwise look at what they did and try again.
 */

import { type LogCommit, protocol } from './actions.ts';
import { conflictBetween } from './conflict.ts';
import { encodeCommit } from './encode-commit.ts';
import type { DeltaLog } from './log.ts';
import { parseCommit } from './parse-commit.ts';
import { checkEvolution, checkMetadata, sameMetadata } from './schema.ts';
import { replay, type TableState } from './snapshot.ts';
import { CommitConflict, type CommitRequest, type CommitResult } from './types.ts';

/** Races in a row that a commit may lose before it gives up. */
const maxAttempts = 100;

/** What a commit needs of its table. */
export interface CommitContext {
  readonly log: DeltaLog;
  /** The newest state. */
  refresh(): Promise<TableState | null>;
  /** Milliseconds since 1970. */
  clock(): number;
  /** A new unique identifier. */
  newId(): string;
  /** From 0 to 1. */
  random(): number;
}

/** A `CommitResult` whose snapshot is the whole state; that of a new commit is the state right after it, never a later one. */
export type StateAfter = CommitResult & { readonly snapshot: TableState };

/**
 * Makes the commit. Throws `CommitConflict` when a commit since `base` touches what the request has read or removes, a plain
 * error when the request contradicts the table, and the store's error when nothing was written.
 */
export async function commitOn(context: CommitContext, original: CommitRequest): Promise<StateAfter> {
  const { log } = context;
  const request = withoutSameMetadata(original);
  const identityVersion = identityOf(request);
  const winners: LogCommit[] = [];
  let checked = request.base?.version ?? -1;

  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const state = await context.refresh();
    if (state === null && request.base !== null) throw new Error(`${log.folder}: the table that was read is gone`);
    if (state !== null) {
      if (checked > state.version) throw new Error(`${log.folder}: version ${checked} was read but is not there`);
      if (request.identity !== undefined && (state.txns.get(request.identity) ?? -1) >= identityVersion) {
        return { outcome: 'already', snapshot: state };
      }
      const news = await log.commits(checked + 1, state.version, state.metadata.columns);
      winners.push(...news);
      for (const winner of news) {
        const reason = request.base === null ? 'the table exists already' : conflictBetween(request, winner);
        if (reason === null) continue;
        const message = `${original.operation} on ${log.folder}: ${reason} in version ${winner.version}`;
        throw new CommitConflict(message, winners, state);
      }
      checked = state.version;
    }
    checkRequest(request, state);

    const version = checked + 1;
    const txnId = context.newId();
    const bytes = encode(context, request, state, txnId);
    // Read before it is written: a commit that cannot be read would be the table's end.
    const columns = state?.metadata.columns ?? [];
    const commit = parseCommit(version, bytes, columns);
    const isMine = (found: LogCommit | null) => found?.txnId === txnId;
    let written: boolean;
    try {
      written = await log.write(version, bytes);
    } catch (error) {
      // The write may have succeeded and only its answer be lost: the log knows.
      const found = await log.commit(version, columns).catch(() => null);
      if (found === null) throw error;
      written = isMine(found);
    }
    // A store that repeats a request by itself can lose the race against its own first try.
    if (written || isMine(await log.commit(version, columns))) {
      log.keep(commit);
      return { outcome: 'committed', version, snapshot: replay(state, [commit]) };
    }
    await new Promise((wake) => setTimeout(wake, context.random() * Math.min(attempt, 20) * 5));
  }
  throw new Error(`${original.operation} on ${log.folder}: lost ${maxAttempts} races in a row`);
}

/** Metadata that says what the table already says is no change. */
function withoutSameMetadata(request: CommitRequest): CommitRequest {
  const { base, metadata, ...rest } = request;
  if (metadata === undefined || (base !== null && sameMetadata(base.metadata, metadata))) return { base, ...rest };
  return request;
}

function identityOf({ identity, txns }: CommitRequest): number {
  if (identity === undefined) return -1;
  const version = txns[identity];
  if (version === undefined) throw new Error(`commit: its identity ${identity} is not among its txns`);
  return version;
}

function encode(context: CommitContext, request: CommitRequest, state: TableState | null, txnId: string): Uint8Array {
  const timestampMs = Math.max(Math.floor(context.clock()), (state?.timestampMs ?? -1) + 1);
  const metadata = request.metadata ?? null;
  return encodeCommit({
    timestampMs,
    txnId,
    operation: request.operation,
    readVersion: request.base?.version ?? null,
    isBlindAppend: request.reads.kind === 'nothing' && request.removes.length === 0,
    info: request.info,
    metadata,
    identity: metadata === null ? null : (state?.identity ?? { tableId: context.newId(), createdMs: timestampMs }),
    withProtocol: state === null,
    txns: request.txns,
    removes: request.removes,
    adds: request.adds,
    dataChange: request.dataChange,
    columns: (metadata ?? state?.metadata)?.columns ?? [],
  });
}

/** Checks the request against the state it would be made on. */
function checkRequest(request: CommitRequest, state: TableState | null): void {
  const { metadata, adds, removes } = request;
  const refused = (reason: string) => new Error(`${request.operation}: ${reason}`);
  if (metadata !== undefined) {
    checkMetadata(metadata);
    if (state !== null) checkEvolution(state.metadata, metadata);
  }
  const table = metadata ?? state?.metadata;
  if (table === undefined) throw refused('the first commit of a table needs metadata');
  if (state !== null && state.protocol.minWriterVersion > protocol.minWriterVersion) {
    throw refused(`the table needs writer version ${state.protocol.minWriterVersion}; this one is 2`);
  }
  if (removes.length > 0 && request.dataChange && table.configuration['delta.appendOnly'] === 'true') {
    throw refused('the table takes appends only');
  }
  const partitions = [...table.partitionColumns].sort().join('\n');
  for (const { path, partitionValues } of adds) {
    if (Object.keys(partitionValues).sort().join('\n') !== partitions) {
      throw refused(
        `${path} has the partition values ${JSON.stringify(partitionValues)}, not (${table.partitionColumns})`,
      );
    }
  }
  if (new Set([...adds, ...removes].map((file) => file.path)).size !== adds.length + removes.length) {
    throw refused('a file is named twice');
  }
  if (removes.length > 0) {
    const present = new Set(state?.files.map((file) => file.path));
    for (const { path } of removes) if (!present.has(path)) throw refused(`${path} is not a file of the table`);
  }
}
