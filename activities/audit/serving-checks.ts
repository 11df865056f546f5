/** Cassandra against Gold. */
import { mapBounded } from '../../engine/delta/map-bounded.ts';
import { marts } from '../../schemas/gold.ts';
import { readPublications } from '../../serving/publication-log.ts';
import { verify } from '../../serving/verify.ts';
import type { ActivityContext, Run } from '../context.ts';
import { verifyFinding } from '../verify-finding.ts';
import type { AuditCheck } from './report.ts';
import type { AuditScope } from './scope.ts';

/** Marts read back at a time: one is compared while Cassandra answers for another. */
const reading = 2;

/** Reads every mart back: what changed since the last audit, or all of it; and that the newest version is the published one. */
export async function auditServing(context: ActivityContext, run: Run, scope: AuditScope): Promise<AuditCheck[]> {
  const session = await context.serving();
  const checks = await mapBounded(marts, reading, async (mart): Promise<AuditCheck[]> => {
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
    const found = await verify({
      lake: context.lake,
      session,
      mart,
      partitions: scope.kind === 'everything' ? 'all' : 'changed',
      limit: 3,
    });
    const equal = {
      name: `${mart.name}: Cassandra holds what Gold says`,
      passed: found.missing + found.extra + found.different === 0,
      compared: found.rows,
      finding: verifyFinding(found),
    };
    return [newest, equal];
  });
  return checks.flat();
}
