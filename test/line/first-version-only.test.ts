/** A landing zone whose events are all of schema version 1: what version 2 brought is unknown, not an error. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { faultyStore } from '../faults/faulty-store.ts';
import { freshProcess, lineSteps } from '../faults/steps.ts';
import { rowsIn } from './tables.ts';

const root = mkdtempSync(join(tmpdir(), 'cpa-first-version-'));
after(() => rmSync(root, { recursive: true, force: true }));

it('builds Silver and Gold of events that state neither carbon nor tokens', async () => {
  const landing = join(root, 'landing');
  mkdirSync(join(landing, 'usage_events_stream'), { recursive: true });
  const event = {
    event_id: 'e1',
    timestamp: '2025-07-03T01:00:00Z',
    org_id: 'o1',
    service: 'compute',
    metric: 'requests',
    value: 2,
    unit: 'count',
    cost_usd_increment: 1.5,
    schema_version: 1,
  };
  writeFileSync(join(landing, 'usage_events_stream', 'a.jsonl'), `${JSON.stringify(event)}\n`);
  const lakeRoot = join(root, 'lake');
  faultyStore(lakeRoot, new Map());
  const process = freshProcess(lakeRoot, landing, 1 << 20);
  const wanted = ['bronze.usage_events', 'silver.usage_events', 'gold.org_daily_usage_by_service'];
  for (const step of lineSteps) if (wanted.includes(step.name)) await step.run(process);
  const [row] = await rowsIn(process.context.lake, 'gold.org_daily_usage_by_service');
  const { daily_cost_usd, daily_requests, daily_carbon_kg, event_count } = row!;
  assert.deepEqual([daily_cost_usd, daily_requests, daily_carbon_kg, event_count], ['1.5', '2', null, 1]);
});
