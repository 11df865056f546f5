/** Rejects as rows of a quarantine table. */
import type { Table } from 'apache-arrow';
import { binaryColumn, type ColumnValue, columnOfValues, constantColumn } from '../engine/columnar/column-of.ts';
import { tableOf } from '../engine/columnar/table.ts';
import { date, timestamp, utf8 } from '../schemas/contract.ts';
import { keptBytes, quarantineOf } from '../schemas/quarantine.ts';
import type { Reject } from './reject.ts';
import { dayUs } from './time.ts';

/** Every quarantine table has the same fields, whatever its source. */
const { fields } = quarantineOf('usage_events');

/**
 * One row a reject, in order, under the contract of every quarantine table. `raws` holds the raw line of each reject, of
 * which the first 64 KiB are kept; null where it could not be read again.
 */
export function quarantineRows(
  rejects: readonly Reject[],
  raws: readonly (Uint8Array | null)[],
  context: { readonly detectedUs: number; readonly runId: string },
): Table {
  if (raws.length !== rejects.length) {
    throw new Error(`quarantineRows: ${rejects.length} rejects, ${raws.length} raw lines`);
  }
  const detectedDay = Math.floor(context.detectedUs / dayUs);
  const of = (name: string, value: (reject: Reject) => ColumnValue) =>
    columnOfValues(fields.find((f) => f.name === name)!.type, rejects.map(value));
  return tableOf(
    {
      source_file: of('source_file', (r) => r.sourceFile),
      source_generation: of('source_generation', (r) => r.sourceGeneration),
      source_offset: of('source_offset', (r) => r.sourceOffset),
      source_row: of('source_row', (r) => r.sourceRow),
      byte_length: of('byte_length', (r) => r.byteLength),
      raw: binaryColumn(raws.map((raw) => raw?.subarray(0, keptBytes) ?? null)),
      layer: of('layer', (r) => r.layer),
      rule_id: of('rule_id', (r) => r.ruleId),
      reason: of('reason', (r) => r.reason),
      event_id: of('event_id', (r) => r.eventId),
      event_date: of('event_date', (r) => r.eventDate),
      org_id: of('org_id', (r) => r.orgId),
      money_held: of('money_held', (r) => r.moneyHeld),
      first_seen: constantColumn(timestamp, context.detectedUs, rejects.length),
      run_id: constantColumn(utf8, context.runId, rejects.length),
      detected_date: constantColumn(date, detectedDay, rejects.length),
    },
    fields,
  );
}
