/** Cassandra against Gold. */
import { mapBounded } from '../../engine/delta/map-bounded.ts';
import type { TableContract } from '../../schemas/contract.ts';
import { marts } from '../../schemas/gold.ts';
import { readPublications } from '../../serving/publication-log.ts';
import type { Session } from '../../serving/session.ts';
import { verify } from '../../serving/verify.ts';
import type { ActivityContext, Run } from '../context.ts';
import { verifyFinding } from '../verify-finding.ts';
import type { AuditCheck, ReadBack } from './report.ts';
import type { AuditScope } from './scope.ts';

/** Marts read back at a time: one is compared while Cassandra answers for another. */
const reading = 2;

/**
 * Reads every mart back: what changed since the last audit, or all of it; and checks that the newest version is the published
 * one. What was read back just before, in `readBack`, is not read again while it is the last publication.
 */
export function auditServing(readBack: Readonly<Record<string, ReadBack>>) {
  return async (context: ActivityContext, run: Run, scope: AuditScope): Promise<AuditCheck[]> => {
    const session = await context.serving();
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
  run.signal.throwIfAborted();
  const snapshot = scope.snapshots.get(mart.name);
  if (snapshot === undefined) return [];
  const [last] = (await readPublications(context.lake, mart.name)).closed;
  const newest = {
    name: `${mart.name}: the published version is the newest`,
    passed: last?.version === snapshot.version,
    compared: 1,
    finding: `Gold version ${snapshot.version}, published ${last?.version ?? 'none'}`,
  };
  if (scope.touched(mart.name)?.size === 0) return [newest];
  const holds = `${mart.name}: Cassandra holds what Gold says`;
  const done = readBack[mart.name];
  if (scope.kind === 'changed' && done !== undefined && done.publication === last?.number) {
    const finding = `${done.rows} rows of publication ${done.publication} were read back by this run and are equal`;
    return [newest, { name: holds, passed: true, compared: done.rows, finding }];
  }
  const found = await verify({
    lake: context.lake,
    session,
    mart,
    partitions: scope.kind === 'everything' ? 'all' : 'changed',
    limit: 3,
  });
  return [
    newest,
    {
      name: holds,
      passed: found.missing + found.extra + found.different === 0,
      compared: found.rows,
      finding: verifyFinding(found),
    },
  ];
}
