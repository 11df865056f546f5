/** A small hand-made landing zone for tests: masters as rows of text, events as lines. */
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** When files land unless the test says otherwise. */
export const landedAt = '2025-08-01T00:00:00Z';

type Cells = Readonly<Record<string, string>>;

/** Four organisations with a resource each; one user, ticket, touch, survey and invoice. */
const masters: Readonly<Record<string, readonly Cells[]>> = {
  customers_orgs: ['a', 'b', 'c', 'd'].map((org) => orgRow(org)),
  users: [
    {
      user_id: 'usr_1',
      org_id: 'org_a',
      email: 'u@a',
      role: 'admin',
      active: 'true',
      created_at: '2024-01-01',
      last_login: '2025-07-01',
    },
  ],
  resources: ['a', 'b', 'c', 'd'].map((org) => resourceRow(org)),
  support_tickets: [
    {
      ticket_id: 'tkt_1',
      org_id: 'org_a',
      category: 'billing',
      severity: 'high',
      created_at: '2025-07-03',
      resolved_at: '2025-07-05',
      csat: '4',
      sla_breached: 'false',
    },
  ],
  marketing_touches: [
    {
      touch_id: 'tch_1',
      org_id: 'org_a',
      campaign: 'spring',
      channel: 'email',
      timestamp: '2025-07-03',
      clicked: 'true',
      converted: 'false',
    },
  ],
  nps_surveys: [{ org_id: 'org_a', survey_date: '2025-07-04', nps_score: '9', comment: 'fine' }],
  billing_monthly: [
    {
      invoice_id: 'inv_1',
      org_id: 'org_a',
      month: '2025-07-01',
      subtotal: '100',
      credits: '',
      taxes: '5',
      currency: 'USD',
      exchange_rate_to_usd: '1.0',
    },
  ],
};

/** The row of an organisation. */
export function orgRow(org: string, change: Cells = {}): Cells {
  return {
    org_id: `org_${org}`,
    org_name: `Org ${org.toUpperCase()}`,
    industry: 'retail',
    hq_region: 'emea',
    plan_tier: 'pro',
    is_enterprise: 'false',
    signup_date: '2024-01-01',
    sales_rep: 'kim',
    lifecycle_stage: 'active',
    marketing_source: 'web',
    nps_score: '10',
    ...change,
  };
}

/** The row of an organisation's resource. */
export function resourceRow(org: string, change: Cells = {}): Cells {
  return {
    resource_id: `res_${org}`,
    org_id: `org_${org}`,
    service: 'compute',
    region: 'us-east',
    created_at: '2024-02-01',
    state: 'running',
    tags_json: '{}',
    ...change,
  };
}

/** The line of an event without anything wrong, with some of its fields changed (`undefined` leaves one out). */
export function eventLine(id: string, change: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    event_id: id,
    timestamp: '2025-07-03T10:00:00Z',
    org_id: 'org_a',
    resource_id: 'res_a',
    service: 'compute',
    region: 'us-east',
    metric: 'requests',
    value: 10,
    unit: 'count',
    cost_usd_increment: 1.5,
    schema_version: 2,
    carbon_kg: 0.25,
    ...change,
  });
}

/** The CSV text of rows; the header is the first row's keys. */
export function csv(rows: readonly Cells[]): string {
  const header = Object.keys(rows[0]!);
  const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return `${[header, ...rows.map((row) => header.map((name) => quoted(row[name] ?? '')))].map((r) => r.join(',')).join('\n')}\n`;
}

export interface SmallLanding {
  readonly folder: string;
  /** Writes or replaces a master: rows, or the whole text. */
  master(name: string, content: readonly Cells[] | string, at?: string): void;
  /** Writes or replaces an event file: its lines, each ended, or the whole content. */
  events(name: string, content: readonly string[] | string | Uint8Array, at?: string): void;
  /** The path of a file in the landing zone. */
  path(file: string): string;
  remove(): void;
}

/** A landing zone with all masters and no events. */
export function smallLanding(): SmallLanding {
  const folder = mkdtempSync(join(tmpdir(), 'cpa-landing-'));
  mkdirSync(join(folder, 'usage_events_stream'));
  const write = (file: string, content: string | Uint8Array, at: string): void => {
    writeFileSync(join(folder, file), content);
    utimesSync(join(folder, file), new Date(at), new Date(at));
  };
  const landing: SmallLanding = {
    folder,
    master: (name, content, at = landedAt) =>
      write(`${name}.csv`, typeof content === 'string' ? content : csv(content), at),
    events: (name, content, at = landedAt) => {
      const whole = typeof content === 'string' || content instanceof Uint8Array;
      write(`usage_events_stream/${name}`, whole ? content : content.map((line) => `${line}\n`).join(''), at);
    },
    path: (file) => join(folder, file),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
  for (const [name, rows] of Object.entries(masters)) landing.master(name, rows);
  return landing;
}
