/** What becomes of quarantined lines that pass the rules now. */
import { type EventRow, sameContent } from './event-row.ts';
import { byLanding, type Statement, standing } from './restated.ts';

/**
 * `written`: it is a row of Bronze now. `duplicate`: it says what its event says already. `conflict`: its event is there with other
 * content. `superseded`: a later statement of its event was accepted.
 */
export type Outcome = 'written' | 'duplicate' | 'conflict' | 'superseded';

export interface SettledLines {
  /** Of every line tried, in their order. */
  readonly outcomes: readonly Outcome[];
  /** Rows that Bronze gets: the event, and the line tried in whose place it stands. */
  readonly written: readonly { readonly event: EventRow; readonly line: number }[];
  /** Committed rows that go out, each with the row that stands for it now. */
  readonly replaced: readonly { readonly committed: EventRow; readonly by: EventRow }[];
}

/**
 * Settles lines against the committed rows of the same `event_id`. Of lines whose event is not there the one that landed first is
 * written. Other content is a conflict, or, when restatements are accepted, what `standing` makes of all statements.
 */
export function settleLines(
  lines: readonly Statement[],
  committed: ReadonlyMap<string, Statement>,
  acceptConflicts: boolean,
): SettledLines {
  const outcomes = new Array<Outcome>(lines.length);
  const written: { event: EventRow; line: number }[] = [];
  const replaced: { committed: EventRow; by: EventRow }[] = [];
  const numbers = new Map(lines.map((line, i) => [line, i]));
  const set = (statement: Statement, outcome: Outcome): void => {
    const line = numbers.get(statement);
    if (line !== undefined) outcomes[line] = outcome;
  };
  for (const [id, statements] of byEvent(lines)) {
    const there = committed.get(id) ?? null;
    const left = acceptConflicts
      ? standing(there === null ? statements : [there, ...statements], there)
      : firstStanding(statements, there);
    for (const repeat of left.repeats) set(repeat, 'duplicate');
    for (const statement of left.superseded) set(statement, acceptConflicts ? 'superseded' : 'conflict');
    if (left.holder === there) continue;
    set(left.holder, 'written');
    written.push({ event: left.event, line: numbers.get(left.holder)! });
    if (there !== null) replaced.push({ committed: there.event, by: left.event });
  }
  return { outcomes, written, replaced };
}

function byEvent(lines: readonly Statement[]): ReadonlyMap<string, readonly Statement[]> {
  const events = new Map<string, Statement[]>();
  for (const line of lines) {
    const id = String(line.event.event_id);
    const statements = events.get(id);
    if (statements === undefined) events.set(id, [line]);
    else statements.push(line);
  }
  return events;
}

/** The committed row stays, else the line that landed first. */
function firstStanding(statements: readonly Statement[], committed: Statement | null) {
  const inOrder = [...statements].sort(byLanding);
  const holder = committed ?? inOrder[0]!;
  const others = inOrder.filter((statement) => statement !== holder);
  return {
    holder,
    event: holder.event,
    repeats: others.filter(({ event }) => sameContent(event, holder.event)),
    superseded: others.filter(({ event }) => !sameContent(event, holder.event)),
  };
}
