/** The stream's status for people: one block of lines. */
import type { Counts } from '../../activities/counts.ts';
import type { Lag } from '../../activities/stream/queue.ts';
import type { StreamRound } from '../../activities/stream/round.ts';
import type { Spread } from '../../activities/stream/spread.ts';
import type { StreamTotals } from '../../workflows/stream-result.ts';
import type { LiveStatus } from './live-status.ts';

/** The block, a line each. What needs an eye is marked with `!`. `rowsPerSecond`: of late, where somebody has watched. */
export function statusLines(status: LiveStatus, rowsPerSecond: number | null = null): string[] {
  const { workflowId, state, triggerMs, lastRound } = status;
  const totals = totalsNow(status);
  const lines = [
    `${workflowId}: ${state}, ${paceText(triggerMs)}`,
    '',
    row('in Bronze', rowsText(totals)),
    row(
      'since start',
      `${count(totals.files, 'file')}  ${bytesText(totals.bytes)}  ${count(totals.batches, 'micro-batch', 'micro-batches')}  ` +
        count(totals.rounds, 'round'),
    ),
    row('behind by', lagText(lagNow(status))),
  ];
  if (rowsPerSecond !== null) lines.push(row('now', `${n(Math.round(rowsPerSecond))} rows/s`));
  if (lastRound !== null) lines.push('', ...roundLines(lastRound));
  const alerts = lastRound?.alerts.lines ?? [];
  const undelivered = lastRound?.alerts.undelivered ?? 0;
  if (alerts.length > 0) lines.push('', ...alerts.map((alert, i) => row(i === 0 ? 'last alerts' : '', alert)));
  if (undelivered > 0) lines.push(row('', `${count(undelivered, 'alert')} not delivered yet`));
  const problems = problemsOf(status);
  if (problems.length > 0) lines.push('', ...problems.map((problem) => `  ! ${problem}`));
  return lines;
}

/** What the stream has done since it was started, the round under way included. */
export function totalsNow({ totals, round }: Pick<LiveStatus, 'totals' | 'round'>): StreamTotals {
  if (round === null) return totals;
  const names = ['batches', 'files', 'bytes', 'read', 'written', 'quarantined', 'duplicate', 'late'] as const;
  return { ...totals, ...Object.fromEntries(names.map((name) => [name, totals[name] + round[name]])) };
}

/** How far behind it is, as last known; null before anything is known. */
export function lagNow({ round, lastRound }: Pick<LiveStatus, 'round' | 'lastRound'>): Lag | null {
  return round?.lag ?? lastRound?.lag ?? null;
}

/** Rows and what became of them. */
export function rowsText({ read, written, quarantined, duplicate, late }: Omit<Counts, 'unchanged'>): string {
  return `${count(read, 'row')} read  ${n(written)} written  ${n(quarantined)} quarantined  ${n(duplicate)} duplicate  ${n(late)} late`;
}

export function lagText(lag: Lag | null): string {
  return lag === null
    ? 'not known yet'
    : `${count(lag.files, 'file')}  ${bytesText(lag.bytes)}  ${lag.seconds.toFixed(1)} s`;
}

export function paceText(triggerMs: number): string {
  return triggerMs === 0 ? 'as fast as possible' : `a micro-batch every ${n(triggerMs)} ms at most`;
}

export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${n(Number((bytes / 1e6).toFixed(1)))} MB`;
}

function roundLines({ ms, batches, read, times, serving }: StreamRound): string[] {
  const spreads: [string, Spread][] = [
    ['file waits', times.wait],
    ['micro-batch', times.batch],
    ['increments', times.speed],
    ['publication', serving.times],
  ];
  return [
    row(
      'last round',
      `${seconds(ms)}  ${count(batches, 'micro-batch', 'micro-batches')}  ${count(read, 'row')}  ` +
        `${count(serving.publications, 'publication')}  ${count(serving.rows, 'row')} served`,
    ),
    row('', ['p50', 'p95', 'max'].map((name) => name.padStart(spreadWidth)).join('')),
    ...spreads.map(([name, { p50, p95, max }]) =>
      row(`  ${name}`, [p50, p95, max].map((t) => `${t.toFixed(1)} ms`.padStart(spreadWidth)).join('')),
    ),
  ];
}

function problemsOf({ round, lastRound, lastFailure }: LiveStatus): string[] {
  const problems: [string, string | null | undefined][] = [
    ['serving waits', round === null ? lastRound?.serving.problem : round.servingProblem],
    ['no increments', round === null ? lastRound?.speedProblem : round.speedProblem],
    ['not compacted', lastRound?.compaction.problem],
    ['alerts', lastRound?.alerts.problem],
  ];
  for (const { file, error } of lastRound?.unreadable ?? []) problems.push(['not read', `${file}: ${error}`]);
  for (const file of lastRound?.replaced ?? []) problems.push(['replaced', file]);
  problems.push(['being tried again after', lastFailure]);
  return problems.flatMap(([what, text]) => (text == null ? [] : [`${what}: ${text.split('\n')[0]}`]));
}

const spreadWidth = 12;

function row(label: string, text: string): string {
  return `  ${label.padEnd(14)}${text}`;
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${n(number)} ${number === 1 ? one : many}`;
}

function n(number: number): string {
  return number.toLocaleString('en');
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
