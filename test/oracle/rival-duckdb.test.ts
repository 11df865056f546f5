import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { runDuckdbLine } from '../../bench/rival-duckdb.ts';
import { generateLanding } from '../../cli/generate/landing.ts';
import { oracle } from './oracle.ts';

const root = mkdtempSync(join(tmpdir(), 'rival-'));
after(() => rmSync(root, { recursive: true, force: true }));

test('the rival does the same work: its counts and its cost are the expected ones', async () => {
  const landing = join(root, 'landing');
  await generateLanding({ events: 5000, days: 10, seed: 2, orgs: 10, out: landing, defects: 'original' });
  const expected = await oracle(landing);
  const line = await runDuckdbLine(landing, join(root, 'out'));
  assert.deepEqual(line.rows, {
    bronze: expected.bronze.written,
    silver: expected.silver.written,
    daily: expected.gold.org_daily_usage_by_service.length,
  });
  assert.equal(line.costUsd, expected.silver.sums.cost_usd);
  assert.deepEqual(
    line.steps.map((step) => step.name),
    ['bronze', 'silver', 'daily'],
  );
  assert.ok(line.peakRssBytes > 10_000_000);
});

test('a rival that cannot run says so', async () => {
  await assert.rejects(runDuckdbLine(join(root, 'nowhere'), join(root, 'none')), /the DuckDB line failed on .*nowhere/);
});
