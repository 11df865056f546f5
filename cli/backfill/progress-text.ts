/** The progress of a backfill for people. */
import {
  type BackfillProgress,
  countDays,
  type EndedRequest,
  failureLines,
  type RunningRequest,
} from '../../workflows/backfill/state.ts';

/** Everything, a line each. */
export function progressLines({ state, concurrency, running, waiting, ended, refused }: BackfillProgress): string[] {
  return [
    `backfill: ${state}, ${concurrency} parts side by side`,
    ...(running === null ? [] : ['', ...runningLines(running)]),
    ...waiting.map((request) => `  waits    ${nameOf(request)}`),
    ...ended.flatMap((request, i) => [...(i === 0 ? [''] : []), ...endedLines(request)]),
    ...refused.map(({ input, why }) => `  refused  ${input}: ${why}`),
  ];
}

/** A request that is being done: its days as a bar, its stage, what failed. */
export function runningLines(running: RunningRequest): string[] {
  const total = Object.keys(running.days).length;
  const { done, running: now, failed } = countDays(running.days);
  const filled = total === 0 ? 0 : Math.round((done * 30) / total);
  const eta = running.etaMs === null ? '' : `  about ${seconds(running.etaMs)} left`;
  return [
    `  ${nameOf(running)}`,
    `  ${'━'.repeat(filled).padEnd(30, '┈')} ${total === 0 ? 0 : Math.floor((done * 100) / total)} %  ${done} of ${total} days, ` +
      `${now} running, ${failed} failed  ${n(running.rows)} rows${eta}`,
    `  ${running.stage}`,
    ...failures(running.failed),
  ];
}

/** A request that has ended: how, and what failed. */
export function endedLines(ended: EndedRequest): string[] {
  const { state, daysDone, daysPlanned, rows, ms, failed, failedCount } = ended;
  return [
    `  ${state.padEnd(10)} ${nameOf(ended)}: ${daysDone} of ${daysPlanned} days, ${n(rows)} rows, ${seconds(ms)}`,
    ...failures(failed, failedCount),
  ];
}

function nameOf({ ids, from, to, mode }: Pick<EndedRequest, 'ids' | 'from' | 'to' | 'mode'>): string {
  return `${from} – ${to}, ${mode} (${ids.join(', ')})`;
}

function failures(failed: Readonly<Record<string, string>>, count?: number): string[] {
  return failureLines(failed, count, 20).map((line) => `  ! ${line}`);
}

/** A time for people. */
export function seconds(ms: number): string {
  return ms < 90_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.ceil(ms / 60_000)} min`;
}

function n(count: number): string {
  return count.toLocaleString('en');
}
