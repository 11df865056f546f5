/** What stands of an event that was stated more than once, when restatements are accepted. */
import { contentColumns } from './event-columns.ts';
import { type EventRow, sameContent } from './event-row.ts';

/** Fields that schema version 2 brought. */
const added = ['carbon_kg', 'genai_tokens'] as const;
const common = contentColumns.filter((name) => name !== 'schema_version' && !added.includes(name as never));

/**
 * The content of two statements of one event in two schema versions: what both say, and the added fields of whichever has them; in the
 * place (file, line) of `repeat`. Null when they are of one version or contradict each other: then one replaces the other.
 */
export function withAddedFields(stands: EventRow, repeat: EventRow): EventRow | null {
  const [before, after] = [versionOf(stands), versionOf(repeat)];
  const agree =
    before !== after &&
    common.every((name) => stands[name] === repeat[name]) &&
    added.every((name) => stands[name] === null || repeat[name] === null || stands[name] === repeat[name]);
  if (!agree) return null;
  const fields = Object.fromEntries(added.map((name) => [name, repeat[name] ?? stands[name] ?? null]));
  return { ...repeat, schema_version: (before > after ? stands : repeat).schema_version!, ...fields };
}

/** A line that states no version is of the first. */
function versionOf({ schema_version }: EventRow): number {
  return (schema_version as number | null) ?? 1;
}

/** A statement of an event. */
export interface Statement {
  readonly event: EventRow;
  /** When its line landed, microseconds. */
  readonly landedUs: number;
}

/** What is left of the statements of one event. */
export interface Standing {
  /** What the event is now. */
  readonly event: EventRow;
  /** The statement in whose place it stands. */
  readonly holder: Statement;
  /** Statements that say nothing which the event does not say. */
  readonly repeats: readonly Statement[];
  /** Statements that no longer hold. */
  readonly superseded: readonly Statement[];
}

/**
 * The event as its statements, in the order in which they landed, leave it: a later one replaces the earlier ones; one of another
 * schema version that agrees in what both have adds its fields. `committed`, one of them, stays the holder as long as nothing changes it.
 */
export function standing(statements: readonly Statement[], committed: Statement | null): Standing {
  const [first, ...others] = [...statements].sort(byLanding);
  let holder = first!;
  let { event } = holder;
  const repeats: Statement[] = [];
  const superseded: Statement[] = [];
  for (const next of others) {
    const union = sameContent(event, next.event) ? event : withAddedFields(event, next.event);
    if (union === null) {
      superseded.push(holder);
      holder = next;
      event = next.event;
    } else if (next === committed ? sameContent(union, next.event) : !sameContent(union, event)) {
      // It says all that the holder said: or more, or it is committed already.
      (next === committed ? repeats : superseded).push(holder);
      holder = next;
      event = union;
    } else if (next === committed) {
      superseded.push(next);
      event = { ...union, ...placeOf(holder.event) };
    } else repeats.push(next);
  }
  return { event: holder === committed ? holder.event : event, holder, repeats, superseded };
}

/** The order in which statements landed: by the time their lines did, then file, generation and place. */
export function byLanding(a: Statement, b: Statement): number {
  if (a.landedUs !== b.landedUs) return a.landedUs - b.landedUs;
  const [left, right] = [String(a.event.source_file), String(b.event.source_file)];
  if (left !== right) return left < right ? -1 : 1;
  const generations = Number(a.event.source_generation) - Number(b.event.source_generation);
  return generations === 0 ? Number(a.event.source_offset) - Number(b.event.source_offset) : generations;
}

function placeOf(event: EventRow): EventRow {
  const content = new Set(['event_id', 'event_date', ...contentColumns]);
  return Object.fromEntries(Object.entries(event).filter(([name]) => !content.has(name)));
}
