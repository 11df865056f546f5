/** The quality rules of every table, as data: what the transforms apply and the data dictionary prints. */
import { eventFlagRules, eventRejectRules } from './event-rules.ts';
import { masterFlagRules } from './master-rules.ts';
import type { IntrinsicRule, Rule } from './rule.ts';

function intrinsic(id: string, table: string, description: string): IntrinsicRule {
  return { id, table, severity: 'reject', description, version: 1 };
}

/** Rules of Bronze, applied while decoding and deduplicating. Events are judged in the order given here. */
export const bronzeRules = {
  unparseable: intrinsic(
    'unparseable',
    'bronze.*',
    'The line is not a JSON object, or the record not valid CSV; or it is not UTF-8, or over 1 MiB',
  ),
  eventIdMissing: intrinsic('event_id_missing', 'bronze.usage_events', '`event_id` is missing or empty'),
  timestampInvalid: intrinsic(
    'timestamp_invalid',
    'bronze.usage_events',
    '`timestamp` is missing or not a date and time',
  ),
  timestampOutOfRange: intrinsic(
    'timestamp_out_of_range',
    'bronze.usage_events',
    '`timestamp` lies before 2000 or more than a day after the landing time',
  ),
  eventIdConflict: intrinsic(
    'event_id_conflict',
    'bronze.usage_events',
    '`event_id` was seen before with other content: the row committed first stays',
  ),
  eventIdSuperseded: intrinsic(
    'event_id_superseded',
    'bronze.usage_events',
    'Another statement of the event was accepted by a re-drive: what this one said is kept here',
  ),
  keyMissing: intrinsic('key_missing', 'bronze.<master>', 'A key field is missing or does not parse'),
  keyConflict: intrinsic(
    'key_conflict',
    'bronze.<master>',
    'The key was seen before with other content in the same snapshot',
  ),
} as const;

/** Every rule, in the order in which a row meets them. */
export const allRules: readonly (IntrinsicRule | Rule)[] = [
  ...Object.values(bronzeRules),
  ...eventRejectRules,
  ...eventFlagRules,
  ...Object.values(masterFlagRules).flat(),
];
