/** The audit: every layer against the one before, keys, references, and Cassandra against Gold. */

import { mapBounded } from '../../engine/delta/map-bounded.ts';
import type { ActivityContext, Run } from '../context.ts';
import { recordAudit, recordedAudit } from './audit-log.ts';
import { auditBronze } from './bronze-checks.ts';
import { auditGold } from './gold-checks.ts';
import type { AuditCheck, AuditReport, AuditRequest } from './report.ts';
import { auditScope, versionsNow } from './scope.ts';
import { auditServing } from './serving-checks.ts';
import { auditSilver } from './silver-checks.ts';
import { auditSpeed } from './speed-checks.ts';

/**
 * Runs the checks, also while a stream and builds go on: what a layer has not caught up with is left out, and counted. What they find is
 * recorded in the lake before this returns, with the version of every table if all passed, so that the next audit with the scope
 * `changed` looks at the partitions touched since. An audit of this run that is recorded is not made again: its report is returned.
 */
export async function runAudit(context: ActivityContext, run: Run, request: AuditRequest): Promise<AuditReport> {
  const recorded = await recordedAudit(context.lake, run);
  if (recorded !== null) return recorded;
  const startedMs = context.clock();
  const versions = await versionsNow(context.lake);
  const scope = await auditScope(context.lake, request.scope, versions);
  const layers = [auditBronze, auditSilver, auditGold, auditSpeed, auditServing(request.readBack ?? {})];
  let done = 0;
  // Side by side: the last waits for Cassandra while compute threads read for the others.
  const found = await mapBounded(layers, layers.length, async (layer) => {
    const checks = await layer(context, run, scope);
    done++;
    run.report({ layer: 'audit', table: '', done, total: layers.length, unit: 'layers', rows: 0, rowsPerSecond: 0 });
    return checks;
  });
  const checks: AuditCheck[] = found.flat();
  const passed = checks.every((c) => c.passed);
  const report = { scope: request.scope, passed, checks, ms: context.clock() - startedMs };
  return recordAudit(context, run, request.date ?? null, report, versions);
}
