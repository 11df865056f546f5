/** Bronze against the landing zone. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Commit, Snapshot } from '../../engine/delta/types.ts';
import { masters } from '../../schemas/bronze.ts';
import { workOf } from '../commit-info.ts';
import { mapTasks } from '../compute/compute.ts';
import type { ActivityContext, Run } from '../context.ts';
import { isLost, landingStateOf } from '../landing-state.ts';
import { redriveId } from '../redrive/moves.ts';
import { loadedSnapshots } from '../snapshots.ts';
import { type AuditCheck, equalCheck } from './report.ts';
import { type AuditScope, profiles, rowsIn } from './scope.ts';
import { type StreamWork, streamWork } from './stream-work.ts';

const events = 'bronze.usage_events';
/** A micro-batch that has committed its rows commits its quarantine within this time, or was stopped in between. */
const mostQuarantineMs = 10_000;

/** Counts of the stream and of every master, and, when everything is audited, the lines of the landing files themselves. */
export async function auditBronze(context: ActivityContext, run: Run, scope: AuditScope): Promise<AuditCheck[]> {
  return [...(await streamChecks(context, run, scope)), ...(await masterChecks(context, scope))];
}

async function streamChecks(context: ActivityContext, run: Run, scope: AuditScope): Promise<AuditCheck[]> {
  const bronze = scope.snapshots.get(events);
  if (bronze === undefined) return [];
  const work = await streamWork(context.lake, scope.kind, bronze.version);
  const { written, quarantined, duplicate } = work;
  const checks = [
    equalCheck(
      `${events}: rows committed = rows in the table`,
      ['committed', written],
      ['in the table', rowsIn(bronze)],
      rowsIn(bronze),
    ),
    equalCheck(
      `${events}: read = written + quarantined + duplicate`,
      ['read', work.read],
      ['accounted for', written + quarantined + duplicate],
      work.read,
    ),
    await quarantineCheck(context, run, bronze, work),
  ];
  if (scope.kind === 'everything') {
    checks.push(await landingCheck(context, run, bronze.txns.get('stream') ?? -1, work.read));
  }
  return checks;
}

/** Rows that commits of Bronze put into quarantine, and took out, against those there: up to the commits that the quarantine has. */
async function quarantineCheck(
  context: ActivityContext,
  run: Run,
  bronze: Snapshot,
  work: StreamWork,
): Promise<AuditCheck> {
  const table = context.lake.table(events);
  const { rejecting } = work;
  const last = rejecting < 0 ? -1 : batchOf((await table.commitsSince(rejecting - 1, rejecting))[0]!);
  const redrive = redriveOf(bronze);
  const quarantine = await quarantineWith(context, run, last, redrive);
  const through = Math.max(last, quarantine === null ? -1 : batchOf(quarantine));
  const redriven = quarantine === null ? -1 : redriveOf(quarantine);
  // The stream may have gone on meanwhile, re-drives too, and the quarantine with them.
  const later = (await table.commitsSince(bronze.version)).filter(
    (commit) => batchOf(commit) <= through && redriveOf(commit) <= redriven,
  );
  const rejected = later.reduce((n, commit) => n + (workOf(commit)?.counts.quarantined ?? 0), work.quarantined);
  const held =
    quarantine === null
      ? []
      : [...(await profiles(context, run, quarantine, null, { key: [], sums: [], texts: ['layer'] })).values()];
  const inQuarantine = held.reduce((n, p) => n + (p.texts.layer?.bronze ?? 0), 0);
  return equalCheck(
    `${events}: rows rejected = rows in quarantine`,
    ['rejected', rejected],
    ['in quarantine', inQuarantine],
    inQuarantine,
    redriven < redrive ? '; a re-drive was stopped before the quarantine followed it: run `redrive`, it goes on' : '',
  );
}

/**
 * The quarantine once it has micro-batch `batch`, whose rows come right after those of Bronze, and followed re-drive `redrive`; as it is
 * when that does not come.
 */
async function quarantineWith(
  context: ActivityContext,
  run: Run,
  batch: number,
  redrive: number,
): Promise<Snapshot | null> {
  const untilMs = context.clock() + mostQuarantineMs;
  for (;;) {
    const quarantine = await context.lake.table('quarantine.usage_events').latest();
    const isThere = quarantine !== null && batchOf(quarantine) >= batch && redriveOf(quarantine) >= redrive;
    if (isThere || (quarantine === null && batch < 0) || context.clock() >= untilMs) return quarantine;
    await sleep(100, undefined, { signal: run.signal });
  }
}

function batchOf({ txns }: Pick<Commit, 'txns'>): number {
  return txns.get('stream') ?? -1;
}

function redriveOf({ txns }: Pick<Commit, 'txns'>): number {
  return txns.get(redriveId) ?? -1;
}

/** The lines of the landing files against the rows read, as long as the files are there as they were read. */
async function landingCheck(context: ActivityContext, run: Run, batch: number, read: number): Promise<AuditCheck> {
  const { landing } = context;
  const name = `${events}: lines in the landing files = rows read`;
  // Those of the micro-batches that Bronze has: a later one may be planned by now.
  const { files: consumed, snapshot } = await landingStateOf(context.lake, batch);
  const planned = snapshot?.txns.get('stream') ?? -1;
  const note = planned > batch ? `; micro-batches from ${batch + 1} to ${planned} are not counted` : '';
  const files = [...consumed].filter(([, f]) => !isLost(f)).map(([file, { toByte }]) => ({ file, toByte }));
  const groups = Array.from({ length: Math.ceil(files.length / 200) }, (_, i) => files.slice(i * 200, i * 200 + 200));
  const counted = await mapTasks(context.compute, groups, (group) =>
    context.compute.run('countLanding', { landing, files: group }, { signal: run.signal }),
  );
  const replaced = [...consumed.values()].filter((f) => f.generation > 1).length;
  const gone = counted.reduce((n, c) => n + c.gone, consumed.size - files.length);
  if (gone + replaced > 0) {
    const finding = `${gone} of ${consumed.size} landing files are gone, ${replaced} were replaced: not counted again`;
    return { name, passed: true, compared: 0, finding };
  }
  const lines = counted.reduce((n, c) => n + c.rows, 0);
  return equalCheck(name, ['lines', lines], ['read', read], lines, note);
}

async function masterChecks(context: ActivityContext, scope: AuditScope): Promise<AuditCheck[]> {
  const checks: AuditCheck[] = [];
  for (const { contract } of masters) {
    const snapshot = scope.snapshots.get(contract.name);
    if (snapshot === undefined) continue;
    const loaded = (await loadedSnapshots(context.lake, contract.name)).filter((s) => s.version <= snapshot.version);
    const newest = loaded.reduce((a, b) => (b.instantUs >= a.instantUs ? b : a));
    const commit = (await context.lake.table(contract.name).commitsSince(newest.version - 1, newest.version))[0];
    const work = commit === undefined ? null : workOf(commit);
    if (work === null) continue;
    const { read, quarantined, duplicate } = work.counts;
    checks.push(
      equalCheck(
        `${contract.name}: rows of the latest snapshot = rows in the table`,
        ['read − quarantined − duplicate', read - quarantined - duplicate],
        ['in the table', rowsIn(snapshot)],
        rowsIn(snapshot),
      ),
    );
  }
  return checks;
}
