/** Usage events from decoded lines to rows of `bronze.usage_events`. */
import type { Table } from 'apache-arrow';
import type { BoolColumn, Column, Int64Column } from '../../engine/columnar/column.ts';
import { isValid } from '../../engine/columnar/column.ts';
import { valueAt } from '../../engine/columnar/column-of.ts';
import { filterColumns } from '../../engine/columnar/filter.ts';
import type { JsonlBatch } from '../../engine/columnar/jsonl.ts';
import { tableOf } from '../../engine/columnar/table.ts';
import { bronzeUsageEvents } from '../../schemas/bronze.ts';
import { bronzeRules } from '../../schemas/rules.ts';
import type { Reject } from '../reject.ts';
import { rescuedText } from '../rescued.ts';
import { dayOf, dayUs, instants, isoInstant } from '../time.ts';
import { provenanceColumns } from './provenance.ts';
import { unparseable } from './unparseable.ts';

export { contentColumns } from './event-columns.ts';

/** What the edge knows about a batch of events. */
export interface BronzeEventsContext {
  /** The landing files of the batch, indexed by the batch's `file`. `landedUs` is the file's landing time. */
  readonly files: readonly { readonly file: string; readonly generation: number; readonly landedUs: number }[];
  /** Becomes `ingest_ts`, microseconds. */
  readonly ingestUs: number;
  /** Events older than this are late; null when the stream has not seen an event. */
  readonly watermarkUs: number | null;
}

export interface BronzeEvents {
  /** Rows under the contract of `bronze.usage_events`, in the order of the batch, not yet deduplicated. */
  readonly table: Table;
  readonly rejects: Reject[];
  /** Time of the latest accepted event, microseconds; null without one. */
  readonly maxEventUs: number | null;
}

const earliestUs = Date.UTC(2000, 0, 1) * 1000;

/**
 * Judges each decoded line: one without an `event_id`, a readable `timestamp`, or with one before 2000 or more than a
 * day after its file landed is rejected, for the first of these reasons; every other line becomes a row, late or not.
 */
export function bronzeEvents(batch: JsonlBatch, context: BronzeEventsContext): BronzeEvents {
  const rejects = batch.rejects.map((r) => unparseable(context.files[r.file]!, r));
  const timestamps = batch.columns.timestamp as Int64Column;
  const us = instants(timestamps);
  const kept = new Uint8Array(batch.rows).fill(1);
  const late = new Uint8Array((batch.rows + 7) >> 3);
  const latestUs = Float64Array.from(context.files, (f) => f.landedUs + dayUs);
  const watermarkUs = context.watermarkUs ?? Number.NEGATIVE_INFINITY;
  const idless = batch.columns.event_id!.validity !== null;
  const timeless = timestamps.validity !== null;
  const { rows, file } = batch;
  let maxEventUs = Number.NEGATIVE_INFINITY;
  let rejected = 0;
  for (let i = 0; i < rows; i++) {
    const at = us[i]!;
    const bad =
      (idless && !isValid(batch.columns.event_id!, i)) ||
      (timeless && !isValid(timestamps, i)) ||
      at < earliestUs ||
      at > latestUs[file[i]!]!;
    if (bad) {
      rejects.push(rejectOf(batch, i, at, context));
      kept[i] = 0;
      rejected++;
      continue;
    }
    if (at > maxEventUs) maxEventUs = at;
    if (at < watermarkUs) late[i >> 3]! |= 1 << (i & 7);
  }
  const isLate: BoolColumn = { kind: 'bool', length: batch.rows, validity: null, bits: late };
  const columns: Record<string, Column> = {
    ...batch.columns,
    rescued: batch.rescued,
    is_late: isLate,
    ...provenanceColumns({ ...batch, files: context.files, ingestUs: context.ingestUs }),
    event_date: dayOf(timestamps),
  };
  return {
    table: tableOf(rejected === 0 ? columns : filterColumns(columns, kept), bronzeUsageEvents.fields),
    rejects,
    maxEventUs: maxEventUs === Number.NEGATIVE_INFINITY ? null : maxEventUs,
  };
}

/** The first rule that row `i` breaks, as a reject. Cold: called for rejected rows only. */
function rejectOf(batch: JsonlBatch, i: number, us: number, context: BronzeEventsContext): Reject {
  const from = context.files[batch.file[i]!]!;
  const value = (name: string): unknown => valueAt(batch.columns[name]!, i);
  const timed = isValid(batch.columns.timestamp!, i);
  const [ruleId, reason] = !isValid(batch.columns.event_id!, i)
    ? [bronzeRules.eventIdMissing.id, `event_id is ${rescuedText(batch.rescued, i, 'event_id')}`]
    : !timed
      ? [bronzeRules.timestampInvalid.id, `timestamp is ${rescuedText(batch.rescued, i, 'timestamp')}`]
      : [
          bronzeRules.timestampOutOfRange.id,
          `timestamp is ${isoInstant(us)}, accepted from ${isoInstant(earliestUs)} to ${isoInstant(from.landedUs + dayUs)}`,
        ];
  return {
    sourceFile: from.file,
    sourceGeneration: from.generation,
    sourceRow: batch.line[i]!,
    sourceOffset: batch.offset[i]!,
    byteLength: batch.byteLength[i]!,
    layer: 'bronze',
    ruleId,
    reason,
    eventId: value('event_id') as string | null,
    eventDate: timed ? Math.floor(us / dayUs) : null,
    orgId: value('org_id') as string | null,
    moneyHeld: value('cost_usd_increment') as bigint | null,
  };
}
