/** Cassandra against Gold. */
import { setTimeout as sleep } from 'node:timers/promises';
import { mapBounded } from '../../engine/delta/map-bounded.ts';
import type { Snapshot } from '../../engine/delta/types.ts';
import type { TableContract } from '../../schemas/contract.ts';
import { marts } from '../../schemas/gold.ts';
import { type Publication, readPublications } from '../../serving/publication-log.ts';
import type { Session } from '../../serving/session.ts';
import { sessionUntil } from '../../serving/session-until.ts';
import { type VerifyResult, verify } from '../../serving/verify.ts';
import { workOf } from '../commit-info.ts';
import type { ActivityContext, Run } from '../context.ts';
import { hasFollower, publishing } from '../serving.ts';
import { verifyFinding } from '../verify-finding.ts';
import type { AuditCheck, ReadBack } from './report.ts';
import type { AuditScope } from './scope.ts';

/** Marts read back at a time: one is compared while Cassandra answers for another. */
const reading = 2;
/** What was built so lately is being published by whoever built it; while Cassandra comes and goes, for a minute and more. */
const mostUnpublishedMs = 120_000;
/** Looks at a mart that another process publishes meanwhile. */
const mostLooks = 5;

/**
 * Reads every mart back: what changed since the last audit, or all of it; and checks that the newest version is the published
 * one. What was read back just before, in `readBack`, is not read again while it is the last publication.
 */
export function auditServing(readBack: Readonly<Record<string, ReadBack>>) {
  return async (context: ActivityContext, run: Run, scope: AuditScope): Promise<AuditCheck[]> => {
    const session = sessionUntil(await context.serving(), run.signal);
    const checks = await mapBounded(marts, reading, (mart) => auditMart(context, run, scope, session, mart, readBack));
    return checks.flat();
  };
}

async function auditMart(
  context: ActivityContext,
  run: Run,
  scope: AuditScope,
  session: Session,
  mart: TableContract,
  readBack: Readonly<Record<string, ReadBack>>,
): Promise<AuditCheck[]> {
  const snapshot = scope.snapshots.get(mart.name);
  const checks = snapshot === undefined ? [] : [await newestCheck(context, run, mart, snapshot)];
  const served = [mart.name, ...(mart.serving!.speed === null ? [] : [mart.serving!.speed])];
  const isTouched = served.some((table) => scope.snapshots.has(table) && scope.touched(table)?.size !== 0);
  if (!isTouched) return checks;
  // The stream of this process waits, so that what is read is what the log says.
  const holds = await publishing(context.lakeRoot, mart.name, () =>
    holdsCheck(context, scope, session, mart, readBack),
  );
  return [...checks, ...holds];
}

/** A version that was built a moment ago is waited for. */
async function newestCheck(
  context: ActivityContext,
  run: Run,
  mart: TableContract,
  snapshot: Snapshot,
): Promise<AuditCheck> {
  for (;;) {
    const last = await lastPublication(context, mart);
    const published = last === null || last.version < 0 ? 'none' : last.version;
    const passed = last !== null && last.version >= snapshot.version;
    if (passed || !(await isComing(context, mart, last, snapshot))) {
      return {
        name: `${mart.name}: the published version is the newest`,
        passed,
        compared: 1,
        finding: `Gold version ${snapshot.version}, published ${published}`,
      };
    }
    await sleep(200, undefined, { signal: run.signal });
  }
}

/** Whether what is not published yet is the work of a build, and the last of it so young that its publication may be under way. */
async function isComing(
  context: ActivityContext,
  mart: TableContract,
  last: Publication | null,
  snapshot: Snapshot,
): Promise<boolean> {
  if (context.clock() - snapshot.timestampMs > mostUnpublishedMs) return false;
  const commits = await context.lake.table(mart.name).commitsSince(last?.version ?? -1);
  return commits.every((commit) => commit.version > snapshot.version || workOf(commit) !== null);
}

async function holdsCheck(
  context: ActivityContext,
  scope: AuditScope,
  session: Session,
  mart: TableContract,
  readBack: Readonly<Record<string, ReadBack>>,
): Promise<AuditCheck[]> {
  const name = `${mart.name}: Cassandra holds what Gold says`;
  const last = await lastPublication(context, mart);
  // Increments alone, that nobody has published yet.
  if (last === null && !scope.snapshots.has(mart.name)) return [];
  const done = readBack[mart.name];
  if (scope.kind === 'changed' && done !== undefined && done.publication === last?.number) {
    const finding = `${done.rows} rows of publication ${done.publication} were read back by this run and are equal`;
    return [{ name, passed: true, compared: done.rows, finding }];
  }
  const found = await readBackNow(context, scope, session, mart);
  return [{ name, passed: differences(found) === 0, compared: found.rows, finding: verifyFinding(found) }];
}

/** Reads the mart back, again where another process has begun a publication meanwhile. */
async function readBackNow(
  context: ActivityContext,
  scope: AuditScope,
  session: Session,
  mart: TableContract,
): Promise<VerifyResult> {
  const partitions = scope.kind === 'everything' ? 'all' : 'changed';
  for (let look = 1; ; look++) {
    const found = await verify({ lake: context.lake, session, mart, partitions, limit: 3 });
    if (differences(found) === 0 || look === mostLooks) return found;
    if (!(await hasFollower(context, mart.name, found.publication))) return found;
  }
}

function differences({ missing, extra, different }: VerifyResult): number {
  return missing + extra + different;
}

async function lastPublication(context: ActivityContext, mart: TableContract): Promise<Publication | null> {
  return (await readPublications(context.lake, mart.name)).closed[0] ?? null;
}
