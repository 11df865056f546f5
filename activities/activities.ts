/** The activities of a worker: thin wrappers that give the work its context and its Temporal run. */
import { randomInt } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/activity';
import { marts } from '../schemas/gold.ts';
import { runAudit } from './audit/audit.ts';
import type { AuditReport, AuditRequest } from './audit/report.ts';
import { type BackfillOutcome, recordBackfill } from './backfill/log.ts';
import { type BackfillPlan, planBackfill } from './backfill/plan.ts';
import type { BackfillRequest } from './backfill/request.ts';
import { type DrainResult, drainEvents } from './bronze-events.ts';
import { loadMasterSnapshot, type MasterRequest } from './bronze-masters.ts';
import { type BuildDirtyRequest, buildDirty } from './build-dirty.ts';
import type { ActivityContext, TableResult } from './context.ts';
import { withRun } from './current-run.ts';
import { DedupeIndex } from './dedupe-index.ts';
import { syncLedger } from './ledger.ts';
import { type MaintenanceRequest, maintainTable, type TableMaintenance, tablesToMaintain } from './maintenance.ts';
import { type MissedRuns, missedRuns } from './notices/missed-runs.ts';
import type { Notice, NoticeState } from './notices/notice.ts';
import { notify } from './notices/notify.ts';
import { problem } from './problem.ts';
import { type HeldRows, heldRows } from './redrive/held.ts';
import { type RedrivenEvents, type RedriveRequest, redriveEvents } from './redrive/redrive.ts';
import type { Selection } from './redrive/selection.ts';
import { type RestoreRequest, restoreTable } from './restore.ts';
import { drainRunning } from './running-stream.ts';
import { type MartPublication, publishMart } from './serving.ts';
import type { StreamRound } from './stream/round.ts';
import { EventStream, type RoundOptions } from './stream/stream.ts';

export interface Activities {
  /** Loads the snapshot of one CSV master into Bronze. */
  loadMaster(request: MasterRequest): Promise<TableResult>;
  /**
   * Reads every complete event line that has landed into Bronze: where a continuous stream runs on this task queue, by draining
   * that one. `stream`: the continuous stream asks itself.
   */
  drainStream(request: { readonly stream: boolean }): Promise<DrainResult>;
  /** Micro-batches of the continuous stream, until the round is over or cancelled: it then returns what it did. */
  streamRound(options: RoundOptions): Promise<StreamRound>;
  /** Tries the selected events in quarantine again that Bronze rejected. */
  redriveEvents(request: RedriveRequest): Promise<RedrivenEvents>;
  /** What is selected of the events in quarantine, by layer and rule. */
  heldEvents(selection: Selection): Promise<readonly HeldRows[]>;
  /** Builds whatever is dirty of one Silver table or Gold mart. */
  buildDirty(request: BuildDirtyRequest): Promise<TableResult>;
  /** Enters commits of the tables into the ledger; returns how many. Short enough for a local activity, which has no heartbeats. */
  enterLedger(tables: readonly string[]): Promise<number>;
  /** Publishes one mart to Cassandra and reads back what changed. */
  publish(request: { readonly mart: string; readonly rebuild: boolean }): Promise<MartPublication>;
  /** What a backfill would do; nothing is touched. */
  planBackfill(request: BackfillRequest): Promise<BackfillPlan>;
  /** Records that a request was accepted (`outcome` null) or how it ended. */
  recordBackfill(request: BackfillRequest, outcome: BackfillOutcome | null): Promise<void>;
  /** Brings a table of Silver or Gold back to an earlier version and pins it there. */
  restoreTable(request: RestoreRequest): Promise<TableResult>;
  /** Checks every layer against the one before. */
  audit(request: AuditRequest): Promise<AuditReport>;
  /** Those of the tables named that exist; null: all. For a local activity. */
  tablesToMaintain(named: readonly string[] | null): Promise<readonly string[]>;
  /** Compacts one table and removes the files that nobody needs. */
  maintain(request: MaintenanceRequest): Promise<TableMaintenance>;
  /** Enters a notice and delivers it. */
  notify(notice: Notice): Promise<NoticeState>;
  /** What is to be told of runs that a schedule has missed. For a local activity. */
  missedRuns(scheduleId: string): Promise<MissedRuns | null>;
}

/**
 * Activities over a context. Failures that trying again does not mend are typed and not retried. `closing`: the worker begins to
 * shut down; rounds of the stream then end at once.
 */
export function createActivities(context: ActivityContext, closing = new AbortController().signal): Activities {
  const index = new DedupeIndex(context, randomInt(2 ** 31));
  const stream = new EventStream(context, index);
  return {
    loadMaster: (request) => withRun((run) => typed(() => loadMasterSnapshot(context, run, request))),
    drainStream: ({ stream: asksItself }) =>
      withRun((run) =>
        typed(async () => (asksItself ? null : await drainRunning()) ?? drainEvents(context, run, index, asksItself)),
      ),
    streamRound: (options) =>
      withRun((run) => typed(() => stream.round({ ...run, signal: AbortSignal.any([run.signal, closing]) }, options))),
    redriveEvents: (request) => withRun((run) => typed(() => redriveEvents(context, run, request))),
    heldEvents: (selection) => withRun(() => typed(() => heldRows(context.lake, 'usage_events', selection))),
    buildDirty: (request) => withRun((run) => typed(() => buildDirty(context, run, request))),
    enterLedger: (tables) => typed(() => syncLedger(context, tables)),
    publish: ({ mart, rebuild }) =>
      withRun((run) => {
        if (!marts.some((m) => m.name === mart)) {
          throw problem('NoSuchTable', `no mart ${mart}; marts: ${marts.map((m) => m.name).join(', ')}`);
        }
        return typed(() => publishMart(context, run, mart, rebuild));
      }),
    planBackfill: (request) => withRun(() => typed(() => planBackfill(context, request))),
    recordBackfill: (request, outcome) => withRun((run) => typed(() => recordBackfill(context, run, request, outcome))),
    restoreTable: (request) => withRun((run) => typed(() => restoreTable(context, run, request))),
    audit: (request) => withRun((run) => typed(() => runAudit(context, run, request))),
    tablesToMaintain: (named) => typed(() => tablesToMaintain(context, named)),
    maintain: (request) => withRun((run) => typed(() => maintainTable(context, run, request))),
    notify: (notice) => typed(() => notify(context, notice)),
    missedRuns: (scheduleId) => typed(() => missedRuns(context, scheduleId)),
  };
}

/** Errors that name their kind and can never succeed by trying again. */
const hopeless = new Set([
  'Imbalance',
  'DimensionShrunk',
  'MasterUnreadable',
  'MasterIncomplete',
  'PublicationMismatch',
  'ObjectNotFound',
  'DataFileDamaged',
]);

async function typed<T>(body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (error instanceof Error && hopeless.has(error.name)) {
      throw ApplicationFailure.create({ type: error.name, message: error.message, nonRetryable: true, cause: error });
    }
    throw error;
  }
}
