/** The rounds of a stream, from the histories of its workflow. */
import type { Client, WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { phases, type StreamRound } from '../../activities/stream/round.ts';
import type { Spread } from '../../activities/stream/spread.ts';
import { endedActivities, eventMs, type HistoryEvents, type Interval } from '../activity-time.ts';
import { type Figure, measured, median, percentile } from '../report.ts';
import { fifthsOf } from './fifths.ts';

export interface TimedRound extends StreamRound {
  /** As Temporal saw the attempt that ended it. */
  readonly interval: Interval;
  /** More than 1: what those before did is not in its figures. */
  readonly attempt: number;
  /** Why the attempt before was not the last one; null when there was none. */
  readonly failure: string | null;
}

export interface StreamHistory {
  readonly rounds: readonly TimedRound[];
  /** Events in the histories of all its runs, and how long they ran. */
  readonly events: number;
  readonly ms: number;
}

/** Reads the history of a stream from its first run to the last one, which has ended. */
export async function streamHistory(
  client: Client,
  { workflowId, firstExecutionRunId }: StreamIds,
): Promise<StreamHistory> {
  const rounds: TimedRound[] = [];
  const runs: Interval[] = [];
  let events = 0;
  let runId: string | null | undefined = firstExecutionRunId;
  while (runId) {
    const list: HistoryEvents = (await client.workflow.getHandle(workflowId, runId).fetchHistory()).events ?? [];
    for (const { type, result, ...attempt } of endedActivities(list)) {
      if (type !== 'streamRound' || result === null) continue;
      rounds.push({ ...defaultPayloadConverter.fromPayload<StreamRound>(result), ...attempt });
    }
    events += list.length;
    runs.push([eventMs(list[0]), eventMs(list.at(-1))]);
    runId = list.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
  }
  return { rounds, events, ms: runs.reduce((ms, [from, to]) => ms + to - from, 0) };
}

type StreamIds = Pick<WorkflowHandleWithFirstExecutionRunId, 'workflowId' | 'firstExecutionRunId'>;

/** How large micro-batches were from `fromMs` on and where their time went: medians of what each round says of its own. */
export function stepFigures(history: StreamHistory, fromMs: number): Figure[] {
  const rounds = countedRounds(history, fromMs);
  const sum = (of: (round: StreamRound) => number): number => rounds.reduce((n, round) => n + of(round), 0);
  return [
    measured(
      'micro-batches',
      '',
      sum((r) => r.batches),
    ),
    measured('… files in one', '', sum((r) => r.files) / sum((r) => r.batches)),
    measured('… events in one', '', sum((r) => r.read) / sum((r) => r.batches)),
    ...phases.flatMap((phase) => spreadFigures(`… ${phase}`, rounds, (r) => r.times[phase])),
    measured(
      'publications',
      '',
      sum((r) => r.serving.publications),
    ),
    ...spreadFigures('… one', rounds, (r) => r.serving.times),
  ];
}

/** What files and increments waited for from `fromMs` on, and what Temporal does between rounds and keeps of them. */
export function waitFigures(history: StreamHistory, fromMs: number): Figure[] {
  const { rounds, events, ms } = history;
  const counted = countedRounds(history, fromMs);
  const gaps = rounds.flatMap(({ interval, attempt }, i) =>
    i === 0 || attempt > 1 ? [] : [interval[0] - rounds[i - 1]!.interval[1]],
  );
  return [
    ...spreadFigures('a file waits for its micro-batch', counted, (r) => r.times.wait),
    ...spreadFigures('increments wait for their publication', counted, (r) => r.serving.waits),
    ...(gaps.length === 0
      ? []
      : [
          measured('the stream is between two rounds, half of the times within', 'ms', median(gaps)),
          measured('… … the longest', 'ms', percentile(gaps, 1)),
        ]),
    measured(
      'attempts at rounds that were given up',
      '',
      rounds.reduce((n, { attempt }) => n + attempt - 1, 0),
    ),
    measured('events in the history of the workflow, an hour', '', (events * 3_600_000) / ms),
  ];
}

function spreadFigures(name: string, rounds: readonly StreamRound[], of: (round: StreamRound) => Spread): Figure[] {
  return [
    measured(`${name}, half of them within`, 'ms', median(rounds.map((round) => of(round).p50))),
    measured('… … 95 % within', 'ms', median(rounds.map((round) => of(round).p95))),
  ];
}

/** Rounds with micro-batches. Throws when there is none. */
function countedRounds({ rounds }: StreamHistory, fromMs: number): readonly TimedRound[] {
  const counted = rounds.filter(({ interval, batches }) => interval[1] > fromMs && batches > 0);
  if (counted.length === 0) throw new Error('the stream had no round with micro-batches in the time that counts');
  return counted;
}

/** The halves of the steps' times in the rounds of the second and of the last fifth; none of a run of few rounds. */
export function phaseFifths({ rounds }: StreamHistory): Figure[] {
  const working = rounds.filter(({ batches }) => batches > 0);
  if (working.length < 5) return [];
  const figures = (name: string, of: (round: StreamRound) => number): Figure[] => {
    const { second, last } = fifthsOf(working.map(of));
    return [measured(`${name}, second fifth`, 'ms', second), measured('… last fifth', 'ms', last)];
  };
  return [
    ...phases.flatMap((phase) => figures(phase, (r) => r.times[phase].p50)),
    ...figures('publication', (r) => r.serving.times.p50),
  ];
}
