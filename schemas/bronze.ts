/** Bronze: the raw exports, typed and deduplicated, nothing judged. */
import {
  bool,
  carbon,
  date,
  decimal,
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
import { provenance, rescued } from './provenance.ts';

/** A CSV master: its file in the landing zone and the Bronze table it becomes. */
export interface MasterSource {
  readonly name: string;
  readonly file: string;
  readonly contract: TableContract;
}

function master(
  name: string,
  doc: string,
  key: readonly string[],
  partition: string,
  fields: readonly Field[],
): MasterSource {
  return {
    name,
    file: `${name}.csv`,
    contract: {
      name: `bronze.${name}`,
      layer: 'bronze',
      doc,
      key,
      partition,
      fields: [...fields, rescued, ...provenance],
      upstream: [],
      rulesVersion: 1,
      serving: null,
    },
  };
}

const org = field('org_id', dictionary, 'Organisation');

/** The seven masters. Every field but the key may be null: Bronze keeps what it gets. */
export const masters: readonly MasterSource[] = [
  master('customers_orgs', 'Customer organisations, as in the latest snapshot', ['org_id'], 'hq_region', [
    required('org_id', utf8, 'Organisation'),
    field('org_name', utf8, 'Display name'),
    field('industry', dictionary, 'Industry'),
    field('hq_region', dictionary, 'Region of the head office'),
    field('plan_tier', dictionary, 'Plan: free, standard, pro, enterprise'),
    field('is_enterprise', bool, 'Enterprise contract'),
    field('signup_date', date, 'Day of sign-up'),
    field('sales_rep', dictionary, 'Sales representative'),
    field('lifecycle_stage', dictionary, 'lead, prospect, active, at_risk, churned'),
    field('marketing_source', dictionary, 'Channel that brought the organisation'),
    field('nps_score', decimal(9, 2), 'Net promoter score'),
  ]),
  master('users', 'Users of the organisations, as in the latest snapshot', ['user_id'], 'role', [
    required('user_id', utf8, 'User'),
    org,
    field('email', utf8, 'E-mail address'),
    field('role', dictionary, 'Role'),
    field('active', bool, 'Whether the user is active'),
    field('created_at', date, 'Day of creation'),
    field('last_login', date, 'Day of the last login'),
  ]),
  master('resources', 'Cloud resources, as in the latest snapshot', ['resource_id'], 'region', [
    required('resource_id', utf8, 'Resource'),
    org,
    field('service', dictionary, 'Service of the resource'),
    field('region', dictionary, 'Region of the resource'),
    field('created_at', date, 'Day of creation'),
    field('state', dictionary, 'running, stopped, terminated'),
    field('tags_json', utf8, 'Tags, raw JSON text'),
  ]),
  master('support_tickets', 'Support tickets, as in the latest snapshot', ['ticket_id'], 'severity', [
    required('ticket_id', utf8, 'Ticket'),
    org,
    field('category', dictionary, 'Category'),
    field('severity', dictionary, 'low, medium, high, critical'),
    field('created_at', date, 'Day the ticket was opened'),
    field('resolved_at', date, 'Day it was resolved; null while open'),
    field('csat', decimal(9, 2), 'Satisfaction score, 1 to 5'),
    field('sla_breached', bool, 'Whether the service level was breached'),
  ]),
  master('marketing_touches', 'Marketing touches, as in the latest snapshot', ['touch_id'], 'channel', [
    required('touch_id', utf8, 'Touch'),
    org,
    field('campaign', dictionary, 'Campaign'),
    field('channel', dictionary, 'Channel'),
    field('timestamp', date, 'Day of the touch'),
    field('clicked', bool, 'Whether it was clicked'),
    field('converted', bool, 'Whether it converted'),
  ]),
  master('nps_surveys', 'NPS surveys, as in the latest snapshot', ['org_id', 'survey_date'], 'survey_month', [
    required('org_id', utf8, 'Organisation'),
    required('survey_date', date, 'Day of the survey'),
    field('nps_score', decimal(9, 2), 'Score, −100 to 100'),
    field('comment', utf8, 'Comment'),
    field('survey_month', date, 'First day of the survey’s month (derived)'),
  ]),
  master('billing_monthly', 'Monthly invoices, as in the latest snapshot', ['invoice_id'], 'month', [
    required('invoice_id', utf8, 'Invoice'),
    org,
    field('month', date, 'First day of the month billed'),
    field('subtotal', money, 'Amount before credits and taxes, in `currency`'),
    field('credits', money, 'Credits, in `currency`'),
    field('taxes', money, 'Taxes, in `currency`'),
    field('currency', dictionary, 'ISO 4217 code'),
    field('exchange_rate_to_usd', decimal(18, 9), 'US dollars for one unit of `currency`, as stated'),
  ]),
];

/** Usage events as they came, one row an `event_id`, both schema versions. */
export const bronzeUsageEvents: TableContract = {
  name: 'bronze.usage_events',
  layer: 'bronze',
  doc: 'Usage events, typed and deduplicated by event_id; both schema versions; late rows flagged',
  key: ['event_id'],
  partition: 'event_date',
  fields: [
    required('event_id', utf8, 'Event, unique across all dates'),
    required('timestamp', timestamp, 'When the usage happened, UTC'),
    field('org_id', dictionary, 'Organisation'),
    field('resource_id', dictionary, 'Resource'),
    field('service', dictionary, 'Service'),
    field('region', dictionary, 'Region'),
    field('metric', dictionary, 'requests, cpu_hours or storage_gb_hours'),
    field('value', qty, 'Quantity of the metric'),
    field('unit', dictionary, 'count, hours or gb_hours'),
    field('cost_usd_increment', money, 'Cost of the event, US dollars'),
    field('schema_version', int32, 'Schema version of the line'),
    field('carbon_kg', carbon, 'Carbon, kg CO2e; schema version 2'),
    field('genai_tokens', qty, 'GenAI tokens; schema version 2'),
    rescued,
    technical('is_late', bool, 'Older than the watermark when it was read'),
    ...provenance,
    required('event_date', date, 'UTC day of `timestamp`'),
  ],
  upstream: [],
  rulesVersion: 1,
  serving: null,
};
