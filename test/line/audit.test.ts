/** The audit, tested by breaking things: each damage fails exactly the checks that are about it, with the counts. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Table } from 'apache-arrow';
import type { Activities } from '../../activities/activities.ts';
import { lastAudit } from '../../activities/audit/audit-log.ts';
import type { AuditReport } from '../../activities/audit/report.ts';
import { generateLanding } from '../../cli/generate/landing.ts';
import type { RunFailed } from '../../cli/run.ts';
import { columnOfValues, valuesOf } from '../../engine/columnar/column-of.ts';
import { columnOf, columnsOf, tableOf } from '../../engine/columnar/table.ts';
import { takeTable } from '../../engine/columnar/take.ts';
import { writeDataFiles } from '../../engine/delta/data-file.ts';
import { readFiles } from '../../engine/delta/read.ts';
import { contractOf } from '../../schemas/catalog.ts';
import { pathOf } from '../../schemas/contract.ts';
import type { DailyRunResult } from '../../workflows/daily-run.ts';
import { type TestLine, testLine } from './line.ts';
import { swap } from './swap.ts';
import { rowsIn } from './tables.ts';

const mart = 'gold.org_daily_usage_by_service';

describe('the audit', () => {
  const root = mkdtempSync(join(tmpdir(), 'cpa-audit-'));
  let line: TestLine;
  let daily: DailyRunResult;
  let answers = 0;

  function losingTheFirstAnswer(audit: Activities['audit']): Activities['audit'] {
    return async (request) => {
      const report = await audit(request);
      if (answers++ === 0) throw new Error(`lost: ${report.ms} ms`);
      return report;
    };
  }

  before(async () => {
    const landing = join(root, 'landing');
    await generateLanding({ events: 1000, days: 6, seed: 3, orgs: 4, files: 4, out: landing });
    line = await testLine({ landing, activities: (real) => ({ ...real, audit: losingTheFirstAnswer(real.audit) }) });
    daily = await line.run<DailyRunResult>('dailyRun');
  });
  after(async () => {
    await line.stop();
    rmSync(root, { recursive: true, force: true });
  });

  /** The checks that fail, with their findings. The workflow fails with the same, and the lake says so. */
  async function failing(): Promise<readonly (readonly [name: string, finding: string])[]> {
    const failed = await line.run('audit', { scope: 'everything' }).then(
      () => assert.fail('the audit passed'),
      (error: unknown) => error as RunFailed,
    );
    const { checks, passed } = failed.result as AuditReport;
    assert.equal(passed, false);
    const bad = checks.filter((c) => !c.passed);
    for (const { name, finding } of bad) assert.ok(failed.message.includes(`${name}: ${finding}`));
    assert.deepEqual((await lastAudit(line.lake()))?.checks, checks);
    return bad.map((c) => [c.name, c.finding] as const);
  }

  const servedFinding = ({ checks }: AuditReport): string =>
    checks.find((c) => c.name === `${mart}: Cassandra holds what Gold says`)!.finding;

  async function passes(): Promise<void> {
    const { passed } = await line.run<AuditReport>('audit', { scope: 'everything' });
    assert.equal(passed, true);
  }

  /** Replaces the first file of a table for which `change` gives other rows. */
  async function tamper(name: string, change: (rows: Table) => Table | null): Promise<() => Promise<void>> {
    const lake = line.lake();
    const { metadata, files } = (await lake.table(name).latest())!;
    for (const file of files) {
      const changed = change(await readFiles(lake.store, pathOf(name), metadata, [file]));
      if (changed === null) continue;
      const adds = await writeDataFiles(lake.store, pathOf(name), metadata, changed, { nowMs: Date.now() });
      return swap(line.lake, name, [file], adds);
    }
    throw new Error(`${name}: nothing to tamper with`);
  }

  describe('of a daily run', () => {
    it('does not read back again what the run has read back', () => {
      const { number, verified } = daily.publications.find((p) => p.mart === mart)!;
      assert(verified > 0);
      assert.equal(
        servedFinding(daily.audit!),
        `${verified} rows of publication ${number} were read back by this run and are equal`,
      );
    });
  });

  describe('is recorded', () => {
    it('once, although the activity ran twice, with the run that made it', async () => {
      assert.equal(answers, 2);
      const { checks, ms } = daily.audit!;
      const rows = await rowsIn(line.lake(), 'ops.audits');
      assert.deepEqual(
        rows.map((row) => [row.check_name, row.passed, row.finding]),
        checks.map((c) => [c.name, c.passed, c.finding]),
      );
      const last = (await lastAudit(line.lake()))!;
      assert.deepEqual([last.scope, last.passed, last.checks, last.ms], ['changed', true, checks, ms]);
      assert.equal(last.date, daily.date);
      const run = await line.client.workflow.getHandle(last.workflowId, last.runId).describe();
      assert.match(last.workflowId, /-dailyRun-0\/audit$/);
      assert.ok(run.startTime.getTime() <= last.atMs && last.atMs <= run.closeTime!.getTime());
    });
  });

  describe('of Cassandra', () => {
    const cql = async (text: string, values: readonly unknown[] = []) =>
      (await line.session()).execute(text, [...values]);
    const table = 'org_daily_usage_by_service';
    const { partition, clustering } = contractOf(mart).serving!;
    const key = [...partition, ...clustering.map((c) => c.column)];
    const where = key.map((k) => `${k} = ?`).join(' AND ');
    const damages: Record<string, [damage: (row: Record<string, unknown>) => Promise<unknown>, finding: RegExp]> = {
      'a row that is missing': [
        (row) =>
          cql(
            `DELETE FROM ${table} WHERE ${where}`,
            key.map((k) => row[k]),
          ),
        /^\d+ rows: 1 missing, 0 too many, 0 different; first: /,
      ],
      'a value that is different': [
        (row) =>
          cql(
            `UPDATE ${table} SET event_count = 999999 WHERE ${where}`,
            key.map((k) => row[k]),
          ),
        /^\d+ rows: 0 missing, 0 too many, 1 different; first: .*999999/,
      ],
      'a row too many': [
        (row) =>
          cql(
            `INSERT INTO ${table} (${key.join(', ')}, event_count) VALUES (${key.map(() => '?').join(', ')}, 1)`,
            key.map((k) => (k === 'service_name' ? 'teleport' : row[k])),
          ),
        /^\d+ rows: 0 missing, 1 too many, 0 different; first: .*teleport/,
      ],
    };
    for (const [what, [damage, finding]] of Object.entries(damages)) {
      it(`finds ${what}, and a rebuild mends it`, async () => {
        const [row] = await cql(`SELECT * FROM ${table} LIMIT 1`);
        await damage(row as Record<string, unknown>);
        const [check, ...more] = await failing();
        assert.deepEqual(more, []);
        assert.equal(check?.[0], `${mart}: Cassandra holds what Gold says`);
        assert.match(check[1], finding);
        await line.run('serving', { marts: [mart], rebuild: true });
        await passes();
      });
    }
  });

  const silverChecks = {
    rows: 'silver.usage_events: Bronze rows = Silver rows + quarantined, day by day',
    cost: 'silver.usage_events: Bronze cost − quarantined = Silver cost (10⁻⁶ USD)',
  };

  it('finds that the ledger lacks micro-batches, unless it counts from the log', async () => {
    const { files } = (await line.lake().table('ops.ledger').latest())!;
    const back = await swap(line.lake, 'ops.ledger', files, []);
    const failed = await line.run('audit', { scope: 'changed' }).then(
      () => assert.fail('the audit passed'),
      (error: unknown) => (error as RunFailed).result as AuditReport,
    );
    const bad = failed.checks.filter((c) => !c.passed);
    assert.equal(bad[0]?.name, 'bronze.usage_events: rows committed = rows in the table');
    assert.match(bad[0].finding, /^committed 0, in the table \d+; difference -\d+$/);
    await passes();
    await back();
    assert.equal((await line.run<AuditReport>('audit', { scope: 'changed' })).passed, true);
  });

  it('finds a Silver file that is gone', async () => {
    const { files } = (await line.lake().table('silver.usage_events').latest())!;
    // Of the last day: the first ones state neither carbon nor tokens.
    const gone = files.reduce((a, b) => (b.path > a.path ? b : a));
    const back = await swap(line.lake, 'silver.usage_events', [gone], []);
    const found = await failing();
    await back();
    assert.deepEqual(
      found.map(([name]) => name),
      [
        silverChecks.rows,
        silverChecks.cost,
        `${mart}: sum of daily_cost_usd = sum of silver.usage_events.cost_usd`,
        `${mart}: sum of daily_carbon_kg = sum of silver.usage_events.carbon_kg`,
        `${mart}: sum of daily_genai_tokens = sum of silver.usage_events.genai_tokens`,
        `${mart}: rows of silver.usage_events = sum of event_count`,
      ],
    );
    const day = Object.values(gone.partitionValues)[0];
    const [, rows, quarantined] = /: (\d+) ≠ 0 \+ (\d+)$/.exec(found[0]![1])!;
    assert.ok(found[0]![1].startsWith(`${day}: `));
    assert.equal(Number(rows) - Number(quarantined), gone.stats.numRecords);
    assert.match(found.at(-1)![1], new RegExp(`; difference -${gone.stats.numRecords}$`));
    await passes();
  });

  it('finds an amount changed in Gold', async () => {
    const back = await tamper(mart, (rows) => {
      const cost = columnOf(rows, 'daily_cost_usd');
      const values = valuesOf(cost).map((v, i) => (i === 0 ? (v as bigint) + 1_000_000n : v));
      const type = { kind: 'decimal', precision: 38, scale: 6 } as const;
      return tableOf({ ...columnsOf(rows), daily_cost_usd: columnOfValues(type, values) }, contractOf(mart).fields);
    });
    const found = await failing();
    await back();
    assert.deepEqual(
      found.map(([name, finding]) => [name, finding.split('; ')[1] ?? finding]),
      [
        [`${mart}: sum of daily_cost_usd = sum of silver.usage_events.cost_usd`, 'difference -1000000'],
        [`gold.daily_usage_rollup: sum of daily_cost_usd = sum of ${mart}.daily_cost_usd`, 'difference 1000000'],
        [`gold.org_daily_cost_anomalies: sum of actual_cost_usd = sum of ${mart}.daily_cost_usd`, 'difference 1000000'],
        [`${mart}: the published version is the newest`, 'Gold version 1, published 0'],
      ],
    );
    await line.run('serving', { marts: [mart] });
    await passes();
  });

  const dropped: [layer: string, rule: string, checks: readonly string[]][] = [
    ['bronze', 'unparseable', ['bronze.usage_events: rows rejected = rows in quarantine']],
    ['silver', 'cost_non_negative', [silverChecks.rows, silverChecks.cost]],
  ];
  for (const [layer, rule, checks] of dropped) {
    it(`finds a row that ${layer} rejected gone from quarantine`, async () => {
      const back = await tamper('quarantine.usage_events', (rows) => {
        const at = valuesOf(columnOf(rows, 'rule_id')).indexOf(rule);
        if (at < 0) return null;
        return takeTable(
          rows,
          Int32Array.from({ length: rows.numRows - 1 }, (_, i) => (i < at ? i : i + 1)),
        );
      });
      const found = await failing();
      await back();
      assert.deepEqual(
        found.map(([name]) => name),
        checks,
      );
      if (layer === 'bronze') assert.match(found[0]![1], /^rejected (\d+), in quarantine \d+; difference 1$/);
      else assert.match(found[0]![1], /^2025-07-0\d: \d+ ≠ \d+ \+ \d+$/);
      await passes();
    });
  }

  it('of a daily run reads back where another publication is the last one, or everything is asked for', async () => {
    const { number, verified } = daily.publications.find((p) => p.mart === mart)!;
    const undo = await tamper(mart, (rows) => rows);
    await line.run('serving', { marts: [mart] });
    const readBack = { [mart]: { publication: number, rows: verified } };
    for (const scope of ['changed', 'everything']) {
      assert.match(servedFinding(await line.run<AuditReport>('audit', { scope, readBack })), /^\d+ rows: 0 missing/);
    }
    await undo();
    await line.run('serving', { marts: [mart] });
  });
});
