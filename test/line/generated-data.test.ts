/** The whole line on generated data with every defect: the generator's truth, the oracle's rows, and the same on every way there. */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type GeneratedSummary, generateLanding } from '../../cli/generate/landing.ts';
import { contractOf } from '../../schemas/catalog.ts';
import type { DailyRunResult } from '../../workflows/daily-run.ts';
import { reportSuite } from '../dashboard/report.suite.ts';
import { undisturbedLake } from '../faults/steps.ts';
import { type Oracle, type OracleRow, oracle } from '../oracle/oracle.ts';
import { rowsOfTable } from '../oracle/through-transforms.ts';
import { logicalHashes, type TestLine, testLine } from './line.ts';
import { quarantinedByRule, readTable, rowsIn } from './tables.ts';

/** The value, or the expected one where both are doubles that differ by rounding: the sides add up in different orders. */
function nearly(value: OracleRow[string], expected: OracleRow[string]): OracleRow[string] {
  if (typeof value !== 'number' || typeof expected !== 'number') return value;
  return Math.abs(value - expected) <= 1e-9 * Math.max(1, Math.abs(expected)) ? expected : value;
}

describe('generated data with every defect', () => {
  const root = mkdtempSync(join(tmpdir(), 'cpa-generated-'));
  const landing = join(root, 'landing');
  let line: TestLine;
  let generated: GeneratedSummary;
  let expected: Oracle;
  let first: DailyRunResult;

  before(async () => {
    generated = await generateLanding({ events: 3000, days: 20, seed: 7, orgs: 8, files: 14, out: landing });
    expected = await oracle(landing);
    line = await testLine({ landing });
    first = await line.run<DailyRunResult>('dailyRun');
  });
  after(async () => {
    await line.stop();
    rmSync(root, { recursive: true, force: true });
  });

  it('comes out with the counts of the generator', async () => {
    const { events, silver } = generated.truth;
    const of = (table: string) => first.tables.find((t) => t.table === table)!;
    const bronze = of('bronze.usage_events');
    assert.deepEqual(
      { read: bronze.read, written: bronze.written, duplicate: bronze.duplicate },
      { read: events.read, written: events.written, duplicate: events.duplicate },
    );
    const lake = line.lake();
    assert.deepEqual(await quarantinedByRule(lake, 'usage_events', 'bronze'), events.quarantined);
    assert.deepEqual(await quarantinedByRule(lake, 'usage_events', 'silver'), silver.quarantined);
    assert.equal((await rowsIn(lake, 'silver.usage_events')).length, silver.written);
  });

  it('comes out with the counts of every master', async () => {
    for (const [name, truth] of Object.entries(generated.truth.masters)) {
      const { read, written, duplicate } = first.tables.find((t) => t.table === `bronze.${name}`)!;
      const { quarantined, ...counts } = truth;
      assert.deepEqual({ read, written, duplicate }, counts, name);
      assert.deepEqual(await quarantinedByRule(line.lake(), name, 'bronze'), quarantined, name);
    }
  });

  it('comes out in every mart with the rows of the oracle', async () => {
    for (const [name, rows] of Object.entries(expected.gold)) {
      const { key } = contractOf(`gold.${name}`);
      const columns = Object.keys(rows[0]!);
      const keyOf = (row: OracleRow): string => key.map((k) => row[k]).join(' | ');
      const wanted = new Map(rows.map((row) => [keyOf(row), row]));
      const found = new Map(
        rowsOfTable(await readTable(line.lake(), `gold.${name}`)).map((row) => {
          const like = wanted.get(keyOf(row));
          return [keyOf(row), Object.fromEntries(columns.map((c) => [c, nearly(row[c] ?? null, like?.[c] ?? null)]))];
        }),
      );
      assert.deepEqual(found, wanted, name);
    }
  });

  it('passes the audit, of the first run and of everything', async () => {
    assert.equal(first.audit?.passed, true);
    const report = await line.run<NonNullable<DailyRunResult['audit']>>('audit', { scope: 'everything' });
    assert.ok(report.checks.length > 50, `${report.checks.length} checks`);
    assert.deepEqual(
      report.checks.filter((c) => !c.passed),
      [],
    );
  });

  if (process.env.CPA_UI === 'full') reportSuite(() => line, landing);

  it('changes nothing in a second run', async () => {
    const before = await logicalHashes(line.lakeRoot);
    const second = await line.run<DailyRunResult>('dailyRun');
    assert.deepEqual(
      second.tables.filter((t) => t.read > 0),
      [],
    );
    assert.deepEqual(
      second.publications.filter((p) => !p.unchanged),
      [],
    );
    assert.deepEqual(await logicalHashes(line.lakeRoot), before);
  });

  it('comes out the same in small micro-batches, in another timezone, on one thread', async () => {
    const zone = process.env.TZ;
    process.env.TZ = 'America/Argentina/Buenos_Aires';
    try {
      const other = await undisturbedLake(join(root, 'other'), landing, 400_000);
      assert.deepEqual(await logicalHashes(other.lakeRoot), await logicalHashes(line.lakeRoot));
    } finally {
      if (zone === undefined) delete process.env.TZ;
      else process.env.TZ = zone;
    }
  });

  it('comes out the same when the files land in two portions, with a run after each', async () => {
    const portioned = join(root, 'portions');
    const waiting = join(root, 'waiting');
    cpSync(landing, portioned, { recursive: true, preserveTimestamps: true });
    renameSync(join(portioned, 'usage_events_stream'), waiting);
    const files = readdirSync(waiting).sort();
    mkdirSync(join(portioned, 'usage_events_stream'));
    const other = await testLine({ landing: portioned, env: { CPA_THREADS: '3' } });
    try {
      for (const portion of [0, 1]) {
        for (const file of files.filter((_, i) => Math.floor((i * 2) / files.length) === portion)) {
          renameSync(join(waiting, file), join(portioned, 'usage_events_stream', file));
        }
        const { audit } = await other.run<DailyRunResult>('dailyRun');
        assert.equal(audit?.passed, true, `portion ${portion}`);
      }
      assert.deepEqual(await logicalHashes(other.lakeRoot), await logicalHashes(line.lakeRoot));
    } finally {
      await other.stop();
    }
  });
});
