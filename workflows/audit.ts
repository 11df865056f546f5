import type { AuditReport } from '../activities/audit/report.ts';
import { serving } from './activity-options.ts';
import { concluded } from './conclude.ts';
import { martNames } from './gold.ts';
import { counts, day, parseInput, word } from './input.ts';
import { logicalDate } from './logical-date.ts';
import { failOn, type Problem } from './problems.ts';
import type { ProgressBoard } from './progress.ts';
import { tagRun } from './search-attributes.ts';

/**
 * Checks every layer against the one before, keys, references, and Cassandra against Gold: what changed since the last
 * audit, or everything. What the caller has read back from Cassandra itself, `readBack`, is not read again.
 * Input (all optional): `{"scope": "everything", "date": "2025-08-14", "readBack": {"gold.org_monthly_revenue": {"publication":
 * 1756684800000000, "rows": 240}}}`.
 */
export function audit(input?: unknown): Promise<AuditReport> {
  return concluded('audit', (board) => check(board, input));
}

async function check(board: ProgressBoard, input: unknown): Promise<AuditReport> {
  const parsed = parseInput(input, {
    scope: word('changed', 'everything'),
    date: day,
    readBack: counts(martNames, ['publication', 'rows']),
  });
  const { scope, readBack } = parsed;
  const date = logicalDate(parsed.date);
  tagRun('audit', [], date);
  board.stage('checking');
  const report = await serving.audit.executeWithOptions(
    { summary: scope === 'everything' ? 'Check everything' : 'Check what has changed' },
    [{ scope: scope ?? 'changed', date, ...(readBack === null ? {} : { readBack }) }],
  );
  board.show([auditText(report)], 0);
  const problems: Problem[] = report.checks
    .filter((c) => !c.passed)
    .map((c) => ({ what: c.name, type: 'AuditFailed', message: c.finding }));
  failOn(problems, report);
  return report;
}

/** The totals of an audit as a page shows them. */
export function auditText({ checks }: AuditReport): string {
  const failed = checks.filter((c) => !c.passed).length;
  const compared = checks.reduce((sum, c) => sum + c.compared, 0).toLocaleString('en');
  return `**Checks:** ${checks.length - failed} passed, ${failed} failed; ${compared} rows, keys and partitions compared.`;
}
