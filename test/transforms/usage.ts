/** Usage events and dimensions for tests: JSON lines to Bronze, and the organisations and resources they name. */
import type { Table } from 'apache-arrow';
import { jsonlDecoder } from '../../engine/columnar/jsonl.ts';
import { dimOrgs, dimResources } from '../../schemas/silver.ts';
import { eventColumns } from '../../transforms/bronze/event-columns.ts';
import { bronzeEvents } from '../../transforms/bronze/events.ts';
import { type Row, tableFrom, usOf } from './rows.ts';

/** A whole event: nothing about it is flagged. */
export const wholeEvent = {
  event_id: 'e1',
  timestamp: '2025-07-03T10:00:00Z',
  org_id: 'o1',
  resource_id: 'r1',
  service: 'compute',
  region: 'us-east',
  metric: 'cpu_hours',
  value: 2.5,
  unit: 'hours',
  cost_usd_increment: 1.25,
  schema_version: 2,
  carbon_kg: 0.001,
};

/** JSON lines as rows of Bronze, all of one file that landed on 2025-09-01. */
export function bronzeOf(lines: readonly string[]): Table {
  const decoder = jsonlDecoder(eventColumns, { maxLineBytes: 1 << 20 });
  const bytes = new TextEncoder().encode(lines.map((l) => `${l}\n`).join(''));
  decoder.append(bytes, { file: 0, baseOffset: 0, firstLine: 1, final: true });
  const landedUs = usOf('2025-09-01T00:00:00Z');
  const files = [{ file: 'a.jsonl', generation: 0, landedUs }];
  return bronzeEvents(decoder.finish(), { files, ingestUs: landedUs, watermarkUs: null }).table;
}

const version = { valid_from: '2025-01-01T00:00:00Z', is_current: true, is_absent: false };

export function orgsTable(rows: readonly Row[]): Table {
  return tableFrom(
    dimOrgs.fields,
    rows.map((row) => ({ ...version, ...row })),
  );
}

export function resourcesTable(rows: readonly Row[]): Table {
  return tableFrom(
    dimResources.fields,
    rows.map((row) => ({ ...version, ...row })),
  );
}

/** Organisations o1 (two versions) and o2, which is absent from its latest snapshot. */
export const orgs = orgsTable([
  {
    org_id: 'o1',
    org_name: 'One',
    hq_region: 'us-east',
    plan_tier: 'free',
    signup_date: '2025-07-01',
    valid_to: '2025-07-03T12:00:00Z',
    is_current: false,
  },
  {
    org_id: 'o1',
    org_name: 'One',
    hq_region: 'us-east',
    plan_tier: 'pro',
    signup_date: '2025-07-01',
    valid_from: '2025-07-03T12:00:00Z',
  },
  {
    org_id: 'o2',
    org_name: 'Two',
    hq_region: 'eu-west',
    plan_tier: 'free',
    signup_date: '2025-01-01',
    is_absent: true,
  },
]);

/** Resource r1 of o1, and r2 of o2, which is absent. */
export const resources = resourcesTable([
  { resource_id: 'r1', org_id: 'o1', service: 'compute', created_at: '2025-07-02', state: 'running' },
  { resource_id: 'r2', org_id: 'o2', service: 'genai', created_at: '2025-01-02', state: 'stopped', is_absent: true },
]);
