/** The audit: every layer against the one before, keys, references, and Cassandra against Gold. */

import { mapBounded } from '../../engine/delta/map-bounded.ts';
import { CommitConflict } from '../../engine/delta/types.ts';
import { ledger } from '../../schemas/ops.ts';
import type { ActivityContext, Run } from '../context.ts';
import { auditBronze } from './bronze-checks.ts';
import { auditGold } from './gold-checks.ts';
import type { AuditCheck, AuditReport, AuditRequest } from './report.ts';
import { auditScope, versionsNow } from './scope.ts';
import { auditServing } from './serving-checks.ts';
import { auditSilver } from './silver-checks.ts';
import { auditSpeed } from './speed-checks.ts';

/**
 * Runs the checks, also while a stream and builds go on: what a layer has not caught up with is left out, and counted. A passed audit is remembered in the lake (version of every table), so that the next one with the scope
 * `changed` looks at the partitions touched since.
 */
export async function runAudit(context: ActivityContext, run: Run, request: AuditRequest): Promise<AuditReport> {
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
  if (passed) await remember(context, versions);
  return { scope: request.scope, passed, checks, ms: context.clock() - startedMs };
}

async function remember(context: ActivityContext, versions: ReadonlyMap<string, number>): Promise<void> {
  const table = context.lake.table(ledger.name);
  const base = await table.latest();
  if (base === null) return;
  const txns: Record<string, number> = {};
  for (const [name, version] of versions) {
    if ((base.txns.get(`audit/${name}`) ?? -1) < version) txns[`audit/${name}`] = version;
  }
  if (Object.keys(txns).length === 0) return;
  try {
    await table.commit({
      base,
      reads: { kind: 'nothing' },
      adds: [],
      removes: [],
      txns,
      dataChange: false,
      operation: 'AUDIT',
      info: {},
    });
  } catch (error) {
    // Another audit remembered at the same time: the next one looks at a little more.
    if (!(error instanceof CommitConflict)) throw error;
  }
}
