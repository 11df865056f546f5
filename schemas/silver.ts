/** Silver: conformed rows, judged by the rules, enriched, with history. */
import { bronzeUsageEvents, masters } from './bronze.ts';
import {
  bool,
  carbon,
  date,
  dictionary,
  type Field,
  field,
  int32,
  money,
  qty,
  required,
  type TableContract,
  technical,
  timestamp,
  utf8,
} from './contract.ts';
import { origin } from './provenance.ts';

const flags = field(
  'flags',
  dictionary,
  'Ids of the rules the row was flagged by, comma separated, in rule order; null when none',
);

/** Slowly changing dimension type 2 over the tracked fields of a Bronze master. */
export interface DimensionContract extends TableContract {
  readonly source: string;
  readonly id: string;
  readonly tracked: readonly string[];
}

function dimension(
  name: string,
  source: string,
  id: string,
  doc: string,
  tracked: readonly string[],
): DimensionContract {
  const bronze = masters.find((m) => m.name === source)!.contract;
  const fieldOf = (n: string): Field => bronze.fields.find((f) => f.name === n)!;
  return {
    name: `silver.${name}`,
    layer: 'silver',
    doc,
    key: [id, 'valid_from'],
    partition: null,
    fields: [
      { ...fieldOf(id), nullable: false },
      ...tracked.map(fieldOf),
      required('valid_from', timestamp, 'First instant of this version'),
      field('valid_to', timestamp, 'First instant after this version; null while it lasts'),
      required('is_current', bool, 'Whether this is the latest version'),
      required('is_absent', bool, 'The key is missing from the snapshots of this interval; values are the last known'),
      flags,
    ],
    upstream: [{ table: bronze.name, map: { kind: 'whole' } }],
    rulesVersion: 1,
    serving: null,
    source,
    id,
    tracked,
  };
}

export const dimOrgs = dimension('dim_orgs', 'customers_orgs', 'org_id', 'Organisations over time (SCD type 2)', [
  'org_name',
  'industry',
  'hq_region',
  'plan_tier',
  'is_enterprise',
  'signup_date',
  'sales_rep',
  'lifecycle_stage',
  'marketing_source',
  'nps_score',
]);

export const dimResources = dimension('dim_resources', 'resources', 'resource_id', 'Resources over time (SCD type 2)', [
  'org_id',
  'service',
  'region',
  'created_at',
  'state',
  'tags_json',
]);

function conformed(source: string, name: string, doc: string): TableContract {
  const bronze = masters.find((m) => m.name === source)!.contract;
  return {
    ...bronze,
    name: `silver.${name}`,
    layer: 'silver',
    doc,
    fields: [...bronze.fields.filter((f) => f.name !== 'rescued' && !f.technical), flags, ...origin],
    upstream: [
      { table: bronze.name, map: { kind: 'same' } },
      { table: 'silver.dim_orgs', map: { kind: 'whole' } },
    ],
  };
}

export const conformedMasters: readonly TableContract[] = [
  conformed('users', 'dim_users', 'Users, conformed and flagged'),
  conformed('support_tickets', 'support_tickets', 'Support tickets, conformed and flagged'),
  conformed('billing_monthly', 'billing_monthly', 'Invoices, conformed and flagged'),
  conformed('marketing_touches', 'marketing_touches', 'Marketing touches, conformed and flagged'),
  conformed('nps_surveys', 'nps_surveys', 'NPS surveys, conformed and flagged'),
];

export const silverUsageEvents: TableContract = {
  name: 'silver.usage_events',
  layer: 'silver',
  doc: 'Usage events that passed the rules, enriched with organisation and resource as of the event',
  key: ['event_id'],
  partition: 'event_date',
  fields: [
    required('event_id', utf8, 'Event'),
    required('event_ts', timestamp, 'When the usage happened, UTC'),
    required('org_id', dictionary, 'Organisation'),
    field('org_name', dictionary, 'Name of the organisation as of the event'),
    field('hq_region', dictionary, 'Region of its head office as of the event'),
    field('plan_tier', dictionary, 'Its plan as of the event'),
    field('resource_id', dictionary, 'Resource'),
    field('resource_state', dictionary, 'State of the resource as of the event'),
    field('service', dictionary, 'Service'),
    field('region', dictionary, 'Region'),
    field('metric', dictionary, 'requests, cpu_hours or storage_gb_hours'),
    field('value', qty, 'Quantity of the metric'),
    field('unit', dictionary, 'Unit, imputed from the metric when missing'),
    required('cost_usd', money, 'Cost, US dollars'),
    field('carbon_kg', carbon, 'Carbon, kg CO2e; null when the event does not state it'),
    field('genai_tokens', qty, 'GenAI tokens; null when the event does not state them'),
    field('schema_version', int32, 'Schema version of the line; 1 when it states none'),
    required('cost_outlier', bool, 'Cost above 3 × the 99th percentile of its service that day'),
    flags,
    technical('is_late', bool, 'Older than the watermark when it was read'),
    ...origin,
    required('event_date', date, 'UTC day of the event'),
  ],
  upstream: [
    { table: bronzeUsageEvents.name, map: { kind: 'same' } },
    { table: dimOrgs.name, map: { kind: 'dimension', key: 'org_id' } },
    { table: dimResources.name, map: { kind: 'dimension', key: 'resource_id' } },
  ],
  rulesVersion: 2,
  serving: null,
};
