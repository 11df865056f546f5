/** What an operator sends to a backfill, checked, and the queue of what was asked for. */
import { ApplicationFailure } from '@temporalio/workflow';
import type { BackfillMode, BackfillRequest } from '../../activities/backfill/request.ts';
import { day, names, parseInput, text, word, yesOrNo } from '../input.ts';
import { builtTables } from '../line-order.ts';

/** An example of what can be asked for, as the pages of the UI show it. */
export const exampleRequest =
  '{"from": "2025-07-01", "to": "2025-07-31", "layers": ["silver", "gold", "serving"], "tables": ["silver.usage_events"], ' +
  '"mode": "missing", "dryRun": false, "newestFirst": false, "reason": "a corrected price list", "by": "ana"}';

/** Days of a range at most. */
const mostDays = 3660;
const modes: readonly BackfillMode[] = ['missing', 'failed', 'all'];
const dayMs = 86_400_000;

/** What an operator asked for. */
export interface Asked extends HowToDo {
  readonly from: string;
  readonly to: string;
  readonly tables: readonly string[];
  readonly mode: BackfillMode;
  readonly dryRun: boolean;
  readonly reason: string | null;
  readonly by: string | null;
}

/** The fields of a request, all optional but `from`. */
export const requestFields = {
  from: day,
  to: day,
  layers: names(['silver', 'gold', 'serving']),
  tables: names([...builtTables.silver, ...builtTables.gold]),
  mode: word(...modes),
  dryRun: yesOrNo,
  newestFirst: yesOrNo,
  reason: text('a corrected price list'),
  by: text('ana'),
};

/** Reads a request. Fails, not to be retried, naming the field, the value and an example. */
export function parseRequest(input: unknown): Asked {
  const { from, to, layers, tables, mode, dryRun, newestFirst, reason, by } = parseInput(input, requestFields);
  if (from === null) throw bad(`from: it is missing; an example is ${exampleRequest}`);
  const last = to ?? from;
  if (last < from) throw bad(`to: ${JSON.stringify(last)} is before from, ${JSON.stringify(from)}`);
  const days = (Date.parse(last) - Date.parse(from)) / dayMs + 1;
  if (days > mostDays) throw bad(`to: ${from} to ${last} are ${days} days; a request has at most ${mostDays}`);
  const wanted = (['silver', 'gold'] as const)
    .filter((layer) => layers?.includes(layer) ?? true)
    .flatMap((layer) => builtTables[layer])
    .filter((table) => tables?.includes(table) ?? true);
  if (wanted.length === 0 && layers?.includes('serving') !== true)
    throw bad(`tables: none of ${tables?.join(', ') || 'no tables'} is in the layers ${layers?.join(', ')}`);
  return {
    from,
    to: last,
    tables: wanted,
    publish: layers?.includes('serving') ?? true,
    mode: mode ?? 'missing',
    dryRun: dryRun ?? false,
    newestFirst: newestFirst ?? false,
    reason,
    by,
  };
}

/** How a request is done. */
interface HowToDo {
  /** Whether Cassandra gets the marts afterwards. */
  readonly publish: boolean;
  readonly newestFirst: boolean;
}

/** Requests that are done as one: each over its own days, for its own number. */
export interface Queued extends HowToDo {
  /** Those that were asked for, the first first. */
  readonly requests: readonly BackfillRequest[];
  readonly from: string;
  readonly to: string;
}

/** The queue with one more request: part of one that waits, when they ask for the same of days that overlap or touch. */
export function enqueued(queue: readonly Queued[], request: BackfillRequest, how: HowToDo): Queued[] {
  const { from, to } = request;
  const { publish, newestFirst } = how;
  const same = queue.findIndex((waiting) => {
    const [first] = waiting.requests;
    return (
      first!.mode === request.mode &&
      first!.tables.join() === request.tables.join() &&
      waiting.publish === publish &&
      waiting.newestFirst === newestFirst &&
      waiting.from <= dayAfter(to) &&
      from <= dayAfter(waiting.to)
    );
  });
  if (same === -1) return [...queue, { requests: [request], from, to, publish, newestFirst }];
  return queue.map((waiting, i) =>
    i !== same
      ? waiting
      : {
          ...waiting,
          requests: [...waiting.requests, request],
          from: [waiting.from, from].sort()[0]!,
          to: [waiting.to, to].sort()[1]!,
        },
  );
}

/** The queue without the requests that are meant, and those: what they were joined with stays. */
export function without(
  queue: readonly Queued[],
  isMeant: (id: string) => boolean,
): { readonly queue: readonly Queued[]; readonly taken: readonly Queued[] } {
  let left: Queued[] = [];
  const taken: Queued[] = [];
  for (const waiting of queue) {
    for (const request of waiting.requests) {
      if (isMeant(request.id)) taken.push(...enqueued([], request, waiting));
      else left = enqueued(left, request, waiting);
    }
  }
  return { queue: left, taken };
}

function dayAfter(day: string): string {
  return new Date(Date.parse(day) + dayMs).toISOString().slice(0, 10);
}

function bad(message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, 'BadInput');
}
