/** A run of the whole line in the demo, and what it has to say for itself. */
import type { AuditReport } from '../../activities/audit/report.ts';
import type { Config } from '../../worker/config.ts';
import type { DailyRunResult } from '../../workflows/daily-run.ts';
import type { Line } from '../line.ts';
import { runWorkflow } from '../run.ts';

/** Runs the line, shows its progress and prints a summary. Throws when the audit did not pass. */
export async function dailyRun(config: Config, line: Line): Promise<DailyRunResult> {
  const startedMs = performance.now();
  const result = (await runWorkflow(line.temporal, 'dailyRun', {
    input: {},
    taskQueue: config.taskQueue,
    out: process.stdout,
  })) as DailyRunResult;
  const seconds = (performance.now() - startedMs) / 1000;
  const read = result.tables.find((t) => t.table === 'bronze.usage_events')?.read ?? 0;
  const published = result.publications.reduce((n, p) => n + p.written + p.deleted, 0);
  // What a stream has read before is not read again.
  const counts = read === 0 ? [] : [`${read.toLocaleString('en')} events read`];
  counts.push(`${published.toLocaleString('en')} rows published`);
  console.log(`  done in ${seconds.toFixed(1)} s: ${counts.join(', ')}`);
  console.log(`  ${verdict(result.audit)}`);
  return result;
}

function verdict(audit: AuditReport | null): string {
  if (audit === null) throw new Error('the audit did not run');
  if (!audit.passed)
    throw new Error(
      `the audit failed: ${audit.checks
        .filter((c) => !c.passed)
        .map((c) => `${c.name}: ${c.finding}`)
        .join('; ')}`,
    );
  const compared = audit.checks.reduce((n, c) => n + c.compared, 0);
  return `audit passed: ${audit.checks.length} checks, ${compared.toLocaleString('en')} things compared`;
}
