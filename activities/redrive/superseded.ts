/** Committed events that another statement replaces, for the quarantine. */
import { bronzeRules } from '../../schemas/rules.ts';
import { eventLine } from '../../transforms/bronze/event-line.ts';
import type { EventRow } from '../../transforms/bronze/event-row.ts';
import type { SettledLines } from '../../transforms/bronze/retried.ts';
import type { Reject } from '../../transforms/reject.ts';
import type { ActivityContext, Run } from '../context.ts';
import type { Rejected } from '../quarantine.ts';

/** Each with its line, read from the landing file where that still holds it, else written again from its columns. */
export async function supersededRows(
  { landing, compute }: ActivityContext,
  run: Run,
  replaced: SettledLines['replaced'],
): Promise<Rejected[]> {
  if (replaced.length === 0) return [];
  const rejects = replaced.map(({ committed, by }) => rejectOf(committed, by));
  const raws = await compute.run('readEventLines', { landing, rejects }, { signal: run.signal });
  return rejects.map((reject, i) => ({
    reject,
    raw: raws[i] ?? new TextEncoder().encode(eventLine(replaced[i]!.committed)),
  }));
}

function rejectOf(event: EventRow, by: EventRow): Reject {
  return {
    sourceFile: String(event.source_file),
    sourceGeneration: Number(event.source_generation),
    sourceRow: Number(event.source_row),
    sourceOffset: Number(event.source_offset),
    byteLength: Number(event.source_length),
    layer: 'bronze',
    ruleId: bronzeRules.eventIdSuperseded.id,
    reason: `line ${by.source_row} of ${by.source_file}, generation ${by.source_generation}, was accepted in its place`,
    eventId: event.event_id as string,
    eventDate: event.event_date as number,
    orgId: event.org_id as string | null,
    moneyHeld: event.cost_usd_increment as bigint | null,
  };
}
