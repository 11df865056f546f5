/** The continuous stream: rounds of micro-batches until it is told to stop, with its signals, its update and its queries. */
import {
  ApplicationFailure,
  allHandlersFinished,
  CancellationScope,
  CancelledFailure,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  isCancellation,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { DrainResult } from '../activities/bronze-events.ts';
import type { StreamRound } from '../activities/stream/round.ts';
import { enterLedger, lake, stream } from './activity-options.ts';
import { wholeMs } from './input.ts';
import type { ProgressBoard } from './progress.ts';
import { type StreamResult, type StreamTotals, totalNames } from './stream-result.ts';

/** What a run hands over to the run that continues it. */
export interface StreamState {
  readonly triggerMs: number;
  readonly paused: boolean;
  /** Since the stream was started. */
  readonly totals: StreamTotals;
}

/** What the query `status` answers. */
export interface StreamStatus extends StreamState {
  readonly state: 'running' | 'paused' | 'draining' | 'stopping';
  /** The last round that ended; null before the first. A round takes half a minute when nobody ends it. */
  readonly lastRound: StreamRound | null;
}

export const pauseSignal = defineSignal('pause');
export const resumeSignal = defineSignal('resume');
export const stopSignal = defineSignal('stop');
export const triggerSignal = defineSignal<[unknown]>('trigger');
export const drainUpdate = defineUpdate<DrainResult>('drain');
export const statusQuery = defineQuery<StreamStatus>('status');

const bronze = 'bronze.usage_events';
const roundMs = 30_000;

/** Runs until the signal `stop`, continuing as new before the history grows long. */
export async function continuousStream(
  board: ProgressBoard,
  given: StreamState,
  date: string | null,
): Promise<StreamResult> {
  let { triggerMs, paused, totals } = given;
  let stopping = false;
  let lastRound: StreamRound | null = null;
  let underWay: CancellationScope | null = null;
  let refused: string | null = null;
  const drains: { resolve: (result: DrainResult) => void; reject: (error: unknown) => void }[] = [];
  const lateness = [0, 0, 0, 0];

  const addLateness = (more: readonly number[]): void => {
    more.forEach((n, i) => {
      lateness[i]! += n;
    });
  };
  const status = (): StreamStatus => ({
    state: stopping ? 'stopping' : paused ? 'paused' : drains.length > 0 ? 'draining' : 'running',
    triggerMs,
    paused,
    totals,
    lastRound,
  });
  const show = (): void => {
    const now = status();
    board.stage(stageOf(now));
    board.show([[...paragraphsOf(now), ...(refused === null ? [] : [refused])].join('\n\n')], totals.read);
  };
  /** Shows what changed, and ends the round under way. */
  const changed = (): void => {
    show();
    underWay?.cancel();
  };
  setHandler(statusQuery, status, {
    description:
      'What the stream does, has done, and how far it is behind: `{"state": "running", "triggerMs": 0, "paused": false, "totals": ' +
      '{"read": 43200, ...}, "lastRound": {"lag": {"files": 2, "bytes": 81920, "seconds": 1}, ...}}`. Takes no argument.',
  });
  setHandler(
    pauseSignal,
    () => {
      paused = true;
      changed();
    },
    { description: 'Ends the current micro-batch and waits for `resume`. Takes no argument.' },
  );
  setHandler(
    resumeSignal,
    () => {
      paused = false;
      changed();
    },
    { description: 'Goes on after `pause`. Takes no argument.' },
  );
  setHandler(
    stopSignal,
    () => {
      stopping = true;
      changed();
    },
    { description: 'Ends the stream after the current micro-batch. Takes no argument.' },
  );
  setHandler(
    triggerSignal,
    (value) => {
      const ms = wholeMs.parse(value);
      if (ms === null) {
        refused = `**Not taken:** trigger ${JSON.stringify(value)?.slice(0, 100)}; an example is ${wholeMs.example}.`;
        show();
        return;
      }
      triggerMs = ms;
      refused = null;
      changed();
    },
    {
      description:
        'Least time between two micro-batches, whole milliseconds up to an hour; 0: as fast as possible. Example: `1000`. Anything ' +
        'else changes nothing and is named in the details.',
    },
  );
  setHandler(
    drainUpdate,
    () =>
      new Promise<DrainResult>((resolve, reject) => {
        drains.push({ resolve, reject });
        changed();
      }),
    {
      description:
        'Returns when all that has landed by now is in Bronze, with the counts: `{"batches": 3, "read": 43200, "written": 43100, ' +
        '...}`. Refused while paused. Takes no argument.',
      validator: () => {
        if (paused)
          throw ApplicationFailure.nonRetryable('the stream is paused: signal `resume` first', 'StreamPaused');
        if (stopping) throw ApplicationFailure.nonRetryable('the stream is stopping', 'StreamStopping');
      },
    },
  );
  show();

  const scope = CancellationScope.current();
  // What was asked for before the stop, or before a pause, is still done.
  while (!stopping || drains.length > 0) {
    if (scope.consideredCancelled) throw new CancelledFailure('the stream was cancelled');
    if (drains.length > 0) {
      const asked = [...drains];
      try {
        const drained = await lake.drainStream.executeWithOptions({ summary: 'Read every event that has landed' }, [
          { stream: true },
        ]);
        totals = added(totals, { ...drained, files: 0, rounds: 0 });
        addLateness(drained.lateness);
        for (const { resolve } of asked) resolve(drained);
      } catch (error) {
        for (const { reject } of asked) reject(error);
      }
      drains.splice(0, asked.length);
      await enterLedger([bronze]);
      // Time to continue as new: the next run serves it. Otherwise drains that follow one another would keep this run for ever.
      if (workflowInfo().continueAsNewSuggested && !paused && !stopping && drains.length === 0) continue;
      // What was drained is served even if a pause or the end follows.
      await stream.streamRound.executeWithOptions({ summary: 'Serve what was drained' }, [{ triggerMs, roundMs: 0 }]);
      show();
    } else if (paused) {
      await condition(() => !paused || stopping || drains.length > 0);
    } else if (workflowInfo().continueAsNewSuggested && allHandlersFinished()) {
      await continueAsNew<(input: unknown) => Promise<StreamResult>>({
        mode: 'continuous',
        triggerMs,
        paused,
        totals,
        date,
      });
    } else {
      const round = await CancellationScope.cancellable(() => {
        underWay = CancellationScope.current();
        return stream.streamRound.executeWithOptions({ summary: 'Micro-batches as files land, for half a minute' }, [
          { triggerMs, roundMs },
        ]);
      }).catch((error: unknown) => {
        // Told to end before a worker had begun it, or while it waited to be tried again: nobody says what was done.
        if (isCancellation(error) && !scope.consideredCancelled) return null;
        throw error;
      });
      underWay = null;
      if (round !== null) {
        lastRound = round;
        totals = added(totals, { ...round, rounds: 1 });
        addLateness(round.lateness);
      }
      await enterLedger([bronze]);
      show();
    }
  }
  await condition(allHandlersFinished);
  return { tables: [], batches: totals.batches, lateness, waitingBytes: 0, replacedFiles: 0, replaced: [], totals };
}

function added(totals: StreamTotals, more: Readonly<Record<string, unknown>>): StreamTotals {
  return Object.fromEntries(totalNames.map((name) => [name, totals[name] + Number(more[name] ?? 0)])) as StreamTotals;
}

function stageOf({ state, triggerMs }: StreamStatus): string {
  const speed = triggerMs === 0 ? 'as fast as possible' : `a micro-batch every ${triggerMs} ms`;
  return `${state}, ${speed}; signals: pause, resume, trigger, stop; update: drain`;
}

/** What the page of the run tells of the counts and of the last round. */
function paragraphsOf({ totals, lastRound }: StreamStatus): string[] {
  const lines = [
    `**Since the start:** ${totalNames.map((name) => `${totals[name].toLocaleString('en')} ${name}`).join(', ')}.`,
  ];
  if (lastRound === null) return lines;
  const { lag, times, serving, compaction, speedProblem, alerts, batches, read, ms } = lastRound;
  lines.push(
    `**Last round** (${(ms / 1000).toFixed(1)} s): ${batches} micro-batches, ${read.toLocaleString('en')} rows` +
      (batches === 0
        ? '.'
        : `; a micro-batch took ${times.batch.p50} ms (95 %: ${times.batch.p95} ms), its increments ${times.speed.p50} ms, a publication ${serving.times.p50} ms.`),
    `**Behind by** ${lag.files} files, ${lag.bytes.toLocaleString('en')} bytes, ${lag.seconds} s.`,
  );
  if (serving.problem !== null) lines.push(`**Serving waits:** ${serving.problem}`);
  if (compaction.problem !== null) lines.push(`**Not compacted:** ${compaction.problem}`);
  if (speedProblem !== null) lines.push(`**No increments:** ${speedProblem}`);
  if (alerts.lines.length > 0) lines.push('**Last alerts:**', alerts.lines.map((line) => `- ${line}`).join('\n'));
  if (alerts.undelivered > 0) lines.push(`**Alerts not delivered yet:** ${alerts.undelivered.toLocaleString('en')}`);
  if (alerts.problem !== null) lines.push(`**Alerts:** ${alerts.problem}`);
  for (const { file, error } of lastRound.unreadable) lines.push(`**Not read:** ${file}: ${error}`);
  for (const file of lastRound.replaced) lines.push(`**Replaced:** ${file}`);
  return lines;
}
