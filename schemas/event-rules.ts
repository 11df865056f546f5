/** The rules that judge usage events on their way to Silver. */
import {
  all,
  any,
  below,
  differs,
  isIn,
  isNull,
  isRescued,
  isTrue,
  later,
  not,
  type Predicate,
  type Rule,
  repeatedKey,
} from './rule.ts';

/** Services the provider sells. */
export const services: readonly string[] = ['analytics', 'compute', 'database', 'genai', 'networking', 'storage'];

/** The unit that belongs to each metric. */
export const unitOfMetric: Readonly<Record<string, string>> = {
  requests: 'count',
  cpu_hours: 'hours',
  storage_gb_hours: 'gb_hours',
};
const metrics = Object.keys(unitOfMetric);

/** Fields whose type is a decimal number. */
const decimals = ['value', 'cost_usd_increment', 'carbon_kg', 'genai_tokens'];
const texts = ['resource_id', 'service', 'region', 'metric', 'unit'];

const misfit = (field: string): Predicate => all(isRescued(field), isNull(field));
const rounded = (field: string): Predicate => all(isRescued(field), not(isNull(field)));

function rule(severity: Rule['severity'], id: string, description: string, predicate: Predicate, version = 1): Rule {
  return { id, table: 'silver.usage_events', severity, description, predicate, version };
}

/** Rows that break one of these are quarantined, for the first one broken. */
export const eventRejectRules: readonly Rule[] = [
  rule('reject', 'org_id_missing', 'The event names no organisation', isNull('org_id')),
  rule(
    'reject',
    'cost_missing',
    'The cost is missing or not numeric',
    all(isNull('cost_usd_increment'), not(isRescued('cost_usd_increment', 'number'))),
  ),
  rule('reject', 'cost_non_negative', 'The cost is below −0.01', below('cost_usd_increment', '-0.01')),
  rule('reject', 'value_not_numeric', 'A value is present but is not a number', misfitOther('value')),
  ...decimals.map((field) =>
    rule(
      'reject',
      `${field}_out_of_range`,
      `${field} is a number its type cannot hold`,
      all(isRescued(field, 'number'), isNull(field)),
    ),
  ),
  rule(
    'reject',
    'schema_version_out_of_range',
    'schema_version is a whole number beyond 32 bits',
    all(isRescued('schema_version', 'beyond_int32'), isNull('schema_version')),
    2,
  ),
];

/** Rows that break these stay; their `flags` name the rules, in this order. */
export const eventFlagRules: readonly Rule[] = [
  rule(
    'flag',
    'unit_imputed',
    'No unit with a value: the unit of the metric was filled in',
    all(isNull('unit'), not(isNull('value')), isIn('metric', metrics)),
  ),
  rule('flag', 'unknown_organisation', 'The organisation is not in the master', isNull('org.org_id')),
  rule(
    'flag',
    'absent_organisation',
    'The organisation is missing from the snapshots as of the event',
    isTrue('org.is_absent'),
  ),
  rule('flag', 'unknown_resource', 'No resource, or one that is not in the master', isNull('resource.resource_id')),
  rule(
    'flag',
    'absent_resource',
    'The resource is missing from the snapshots as of the event',
    isTrue('resource.is_absent'),
  ),
  rule('flag', 'unknown_service', 'No service, or one the provider does not sell', not(isIn('service', services))),
  rule(
    'flag',
    'unknown_metric',
    'No metric, or one without a measure: only its cost is summed',
    not(isIn('metric', metrics)),
  ),
  rule(
    'flag',
    'negative_value',
    'The value, carbon or tokens are below zero',
    any(below('value', '0'), below('carbon_kg', '0'), below('genai_tokens', '0')),
  ),
  rule(
    'flag',
    'unit_contradicts_metric',
    'The unit is not the one of the metric, which decides the measure',
    any(
      ...metrics.map((metric) =>
        all(isIn('metric', [metric]), not(isNull('unit')), not(isIn('unit', [unitOfMetric[metric]!]))),
      ),
    ),
  ),
  rule('flag', 'timestamp_without_zone', 'The timestamp names no zone: taken as UTC', isRescued('timestamp')),
  rule(
    'flag',
    'schema_version_absent',
    'The line states no schema version: taken as 1',
    all(isNull('schema_version'), not(isRescued('schema_version'))),
  ),
  rule('flag', 'repeated_key', 'A key stands more than once in the line: the last one counts', repeatedKey, 2),
  rule(
    'flag',
    'rounded',
    'A number has more digits than are kept: rounded half to even',
    any(...decimals.map(rounded)),
  ),
  rule(
    'flag',
    'wrong_type',
    'A field is of the wrong type and was set to null',
    any(...[...texts, 'schema_version', 'carbon_kg', 'genai_tokens'].map(misfit)),
  ),
  rule(
    'flag',
    'resource_of_other_organisation',
    'The resource belongs to another organisation',
    differs('org_id', 'resource.org_id'),
  ),
  rule(
    'flag',
    'resource_created_after_event',
    'The resource was created after the day of the event',
    later('resource.created_at', 'event_date'),
  ),
  rule(
    'flag',
    'event_before_signup',
    'The event lies before the day its organisation signed up',
    later('org.signup_date', 'event_date'),
  ),
];

/** The field holds no value because what the line states for it is not a number. */
function misfitOther(field: string): Predicate {
  return all(isRescued(field, 'other'), isNull(field));
}
