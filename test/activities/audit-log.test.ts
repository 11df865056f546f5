/** `ops.audits`: an audit is recorded once, and the last one found among all. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { auditedId, lastAudit, recordAudit, recordedAudit } from '../../activities/audit/audit-log.ts';
import type { AuditReport } from '../../activities/audit/report.ts';
import { maintainTable } from '../../activities/maintenance.ts';
import { audits } from '../../schemas/ops.ts';
import { freshProcess, run } from '../faults/steps.ts';
import { rowsIn } from '../line/tables.ts';

const root = mkdtempSync(join(tmpdir(), 'cpa-audit-log-'));
const table = 'silver.usage_events';
const { context } = freshProcess(root, root, 1);
const { lake } = context;

/** The end of the audit of a run that found so many failures among three checks. */
async function end(runId: string, atMs: number, failures: number, version: number): Promise<AuditReport> {
  const checks = [2, 1, 0].map((n) => ({ name: `check ${n}`, passed: n >= failures, compared: n, finding: runId }));
  const report: AuditReport = { scope: 'changed', passed: failures === 0, checks, ms: version };
  const at = { ...context, clock: () => atMs };
  return recordAudit(at, { ...run, runId }, '2025-08-14', report, new Map([[table, version]]));
}
const passedUpTo = async () => (await lake.table(audits.name).latest())?.txns.get(auditedId(table));

after(() => rmSync(root, { recursive: true, force: true }));

test('of two attempts of a run that end at once the first stands, for both', async () => {
  assert.equal(await lastAudit(lake), null);
  const [one, other] = await Promise.all([end('a', 5, 0, 7), end('a', 6, 1, 8)]);
  assert.deepEqual(one, other);
  assert.deepEqual(one, await recordedAudit(lake, { ...run, runId: 'a' }));
  assert.equal((await rowsIn(lake, audits.name)).length, 3);
  assert.equal(await passedUpTo(), one.passed ? 7 : undefined);
});

test('audits of other runs beside it are all there, and the greatest version that passed', async () => {
  await Promise.all([end('b', 20, 0, 12), end('c', 30, 2, 13), end('d', 10, 0, 11)]);
  assert.equal((await rowsIn(lake, audits.name)).length, 12);
  assert.equal(await passedUpTo(), 12);
});

test('the last one is the one that ended last, compacted or not', async () => {
  const last = (await lastAudit(lake))!;
  assert.equal(await lastAudit(lake), last);
  assert.deepEqual(last, {
    workflowId: run.workflowId,
    runId: 'c',
    date: '2025-08-14',
    atMs: 30,
    scope: 'changed',
    passed: false,
    checks: [
      { name: 'check 2', passed: true, compared: 2, finding: 'c' },
      { name: 'check 1', passed: false, compared: 1, finding: 'c' },
      { name: 'check 0', passed: false, compared: 0, finding: 'c' },
    ],
    ms: 13,
  });
  const earlier = await recordedAudit(lake, { ...run, runId: 'd' });
  const { compacted } = await maintainTable(context, run, { table: audits.name, vacuum: false, dryRun: false });
  assert.equal(compacted, 4);
  assert.deepEqual(await lastAudit(lake), last);
  assert.deepEqual(await recordedAudit(lake, { ...run, runId: 'd' }), earlier);
});

test('an audit that had nothing to check leaves nothing', async () => {
  const report: AuditReport = { scope: 'changed', passed: true, checks: [], ms: 1 };
  assert.equal(await recordAudit(context, { ...run, runId: 'e' }, null, report, new Map()), report);
  assert.equal((await lastAudit(lake))?.runId, 'c');
});
