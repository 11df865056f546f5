/** The rounds of a stream, from the histories of its workflow. */
import type { Client, WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { phases, type StreamRound } from '../../activities/stream/round.ts';
import type { Spread } from '../../activities/stream/spread.ts';
import { endedActivities, eventMs, type HistoryEvents, type Interval } from '../activity-time.ts';
import { type Figure, measured, median, percentile } from '../report.ts';

export interface TimedRound extends StreamRound {
  /** As Temporal saw it. */
  readonly interval: Interval;
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
    for (const { type, interval, result } of endedActivities(list)) {
      if (type !== 'streamRound' || result === null) continue;
      rounds.push({ ...defaultPayloadConverter.fromPayload<StreamRound>(result), interval });
    }
    events += list.length;
    runs.push([eventMs(list[0]), eventMs(list.at(-1))]);
    runId = list.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
  }
  return { rounds, events, ms: runs.reduce((ms, [from, to]) => ms + to - from, 0) };
}

type StreamIds = Pick<WorkflowHandleWithFirstExecutionRunId, 'workflowId' | 'firstExecutionRunId'>;

/** Where the time of the rounds from `fromMs` on goes: medians over the rounds of what each says of its micro-batches. */
export function roundFigures({ rounds, events, ms }: StreamHistory, fromMs: number): Figure[] {
  const counted = rounds.filter(({ interval, batches }) => interval[0] >= fromMs && batches > 0);
  if (counted.length === 0) throw new Error('no round of the stream ended in the time that counts');
  const spread = (name: string, of: (round: StreamRound) => Spread): Figure[] => [
    measured(`… ${name}, half of them within`, 'ms', median(counted.map((round) => of(round).p50))),
    measured('… … 95 % within', 'ms', median(counted.map((round) => of(round).p95))),
  ];
  const gaps = rounds.slice(1).map(({ interval }, i) => interval[0] - rounds[i]!.interval[1]);
  const sum = (of: (round: StreamRound) => number): number => counted.reduce((n, round) => n + of(round), 0);
  return [
    measured('files in a micro-batch', '', sum((r) => r.files) / sum((r) => r.batches)),
    measured('events in a micro-batch', '', sum((r) => r.read) / sum((r) => r.batches)),
    ...spread('a file waits for its micro-batch', (r) => r.times.wait),
    ...phases.flatMap((phase) => spread(phase, (r) => r.times[phase])),
    ...spread('increments wait for their publication', (r) => r.serving.waits),
    ...spread('publication', (r) => r.serving.times),
    ...(gaps.length === 0
      ? []
      : [
          measured('between two rounds (Temporal), half of them within', 'ms', median(gaps)),
          measured('… the longest', 'ms', percentile(gaps, 1)),
        ]),
    measured('events in the history of the workflow, an hour', '', (events * 3_600_000) / ms),
  ];
}
