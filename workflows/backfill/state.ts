/** What a backfill says of itself: the answer of its query, and its page in the Temporal UI. */
import type { BackfillPlan } from '../../activities/backfill/plan.ts';
import type { BackfillMode } from '../../activities/backfill/request.ts';
import { code } from '../progress.ts';

export type DayState = 'waiting' | 'running' | 'done' | 'failed';

/** The request that is being done. */
export interface RunningRequest {
  readonly ids: readonly string[];
  readonly from: string;
  readonly to: string;
  readonly mode: BackfillMode;
  readonly reason: string | null;
  readonly by: string | null;
  readonly stage: string;
  readonly rows: number;
  /** Milliseconds since 1970. */
  readonly startedMs: number;
  /** How long the days that are left will take, about; null before the first is done. */
  readonly etaMs: number | null;
  /** The days that have something to do. */
  readonly days: Readonly<Record<string, DayState>>;
  /** Day, or table that is not built day by day → why it failed. */
  readonly failed: Readonly<Record<string, string>>;
}

/** A request that has ended. */
export interface EndedRequest {
  readonly ids: readonly string[];
  readonly from: string;
  readonly to: string;
  readonly mode: BackfillMode;
  readonly state: 'done' | 'incomplete' | 'cancelled';
  readonly daysPlanned: number;
  readonly daysDone: number;
  readonly rows: number;
  readonly ms: number;
  /** The first 20. */
  readonly failed: Readonly<Record<string, string>>;
  readonly failedCount: number;
}

/** A dry run, or a request that was refused. */
export interface PlannedRequest {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly mode: BackfillMode;
  readonly plan: BackfillPlan;
}

export interface RefusedRequest {
  readonly input: string;
  readonly why: string;
}

/** What the query `progress` answers. */
export interface BackfillProgress {
  readonly state: 'idle' | 'running' | 'paused';
  /** Parts that are built side by side. */
  readonly concurrency: number;
  readonly running: RunningRequest | null;
  readonly waiting: readonly {
    readonly ids: readonly string[];
    readonly from: string;
    readonly to: string;
    readonly mode: BackfillMode;
  }[];
  /** The last ones, newest first. */
  readonly ended: readonly EndedRequest[];
  readonly plans: readonly PlannedRequest[];
  readonly refused: readonly RefusedRequest[];
}

/** How many days are in each state. */
export function countDays(days: Readonly<Record<string, DayState>>): Readonly<Record<DayState, number>> {
  const counts = { waiting: 0, running: 0, done: 0, failed: 0 };
  for (const state of Object.values(days)) counts[state]++;
  return counts;
}

/** What the page of the run says of its requests, Markdown. Lines, not tables: those are cut off where this is shown. */
export function pageOf({ running, waiting, ended, plans, refused }: BackfillProgress): string {
  return [
    ...(running === null ? ['No request is being done.'] : runningLines(running)),
    ...section('Waiting', waiting.map(nameOf)),
    ...section(
      'Refused',
      refused.map(({ input, why }) => `${code(input)}: ${code(why)}`),
    ),
    ...section('Plans (dry runs)', plans.flatMap(planLines)),
    ...section('Ended', ended.map(endedLine)),
  ].join('\n');
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', `**${title}:**`, '', ...lines.map((line) => `- ${line}`)];
}

function nameOf({ ids, from, to, mode }: Pick<EndedRequest, 'ids' | 'from' | 'to' | 'mode'>): string {
  return `${from} – ${to}, ${mode} (${ids.map((id) => `\`${id}\``).join(', ')})`;
}

function runningLines(running: RunningRequest): string[] {
  const { done, running: now, failed } = countDays(running.days);
  const total = Object.keys(running.days).length;
  const why = [running.reason, running.by === null ? null : `asked by ${running.by}`]
    .filter((t) => t !== null)
    .join('; ');
  return [
    `**Request** ${nameOf(running)}${why === '' ? '' : `: ${why}`}`,
    '',
    `${bar(done, total)} ${done} of ${total} days done, ${now} running, ${failed} failed; ${running.rows.toLocaleString('en')} rows` +
      `${running.etaMs === null ? '' : `; about ${seconds(running.etaMs)} left`}.`,
    '',
    `Stage: ${running.stage}.`,
    ...section('Failed so far', failureLines(running.failed)),
  ];
}

function endedLine(ended: EndedRequest): string {
  const failures = failureLines(ended.failed, ended.failedCount);
  return (
    `**${ended.state}** ${nameOf(ended)}: ${ended.daysDone} of ${ended.daysPlanned} days, ` +
    `${ended.rows.toLocaleString('en')} rows, ${seconds(ended.ms)}${failures.length === 0 ? '' : `; failed: ${failures.join('; ')}`}`
  );
}

function planLines({ id, from, to, mode, plan }: PlannedRequest): string[] {
  const { days, others, pinned, rows, estimatedMs } = plan;
  return [
    `${nameOf({ ids: [id], from, to, mode })}: ${days.length} days, ${rows.toLocaleString('en')} rows, about ${seconds(estimatedMs)}` +
      (days.length === 0
        ? ''
        : `; ${days[0]!.date} – ${days.at(-1)!.date}, because of ${[...new Set(days.flatMap((d) => d.why))].join(', ')}`) +
      (others.length === 0 ? '' : `; then ${others.map((o) => `${o.table} (${o.partitions})`).join(', ')}`) +
      (pinned.length === 0 ? '' : `; pinned by a restore: ${pinned.join(', ')}`),
  ];
}

/** The first of what failed, a line each, and how many more of `count` there are. */
export function failureLines(
  failed: Readonly<Record<string, string>>,
  count = Object.keys(failed).length,
  most = 10,
): string[] {
  const lines = Object.entries(failed)
    .slice(0, most)
    .map(([what, why]) => `${what}: ${why.split('\n')[0]}`);
  return count > lines.length ? [...lines, `${(count - lines.length).toLocaleString('en')} more`] : lines;
}

function bar(done: number, total: number): string {
  const filled = total === 0 ? 20 : Math.round((done * 20) / total);
  return `\`${'█'.repeat(filled)}${'░'.repeat(20 - filled)}\``;
}

function seconds(ms: number): string {
  return ms < 90_000 ? `${Math.ceil(ms / 1000)} s` : `${Math.ceil(ms / 60_000)} min`;
}
