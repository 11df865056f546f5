import type { AuditReport } from '../activities/audit/report.ts';
import { serving } from './activity-options.ts';
import { martNames } from './gold.ts';
import { counts, day, parseInput, word } from './input.ts';
import { logicalDate } from './logical-date.ts';
import { failOn, type Problem } from './problems.ts';
import { progressBoard } from './progress.ts';
import { tagRun } from './search-attributes.ts';

/**
 * Checks every layer against the one before, keys, references, and Cassandra against Gold: what changed since the last
 * audit, or everything. What the caller has read back from Cassandra itself, `readBack`, is not read again.
 * Input (all optional): `{"scope": "everything", "date": "2025-08-14", "readBack": {"gold.org_monthly_revenue": {"publication":
 * 1756684800000000, "rows": 240}}}`.
 */
export async function audit(input?: unknown): Promise<AuditReport> {
  const { scope, date, readBack } = parseInput(input, {
    scope: word('changed', 'everything'),
    date: day,
    readBack: counts(martNames, ['publication', 'rows']),
  });
  const board = progressBoard('Checks every layer against the one before.');
  tagRun('audit', [], logicalDate(date));
  board.stage('checking');
  const report = await serving.audit({ scope: scope ?? 'changed', ...(readBack === null ? {} : { readBack }) });
  board.stage(report.passed ? 'done: every check passed' : 'done: checks failed');
  const problems: Problem[] = report.checks
    .filter((c) => !c.passed)
    .map((c) => ({ what: c.name, type: 'AuditFailed', message: c.finding }));
  failOn(problems, report);
  return report;
}
