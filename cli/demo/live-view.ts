/** The demo's live stream for people: a block on a terminal, a line where there is none. */
import type { Lag } from '../../activities/stream/queue.ts';
import type { Spread } from '../../activities/stream/spread.ts';
import type { StreamTotals } from '../../workflows/stream-result.ts';
import { lagText } from '../stream/status-text.ts';
import type { DayCost } from './served-usage.ts';

/** What is known at a moment; null what is not known yet. */
export interface LiveFigures {
  readonly elapsedMs: number;
  readonly durationMs: number;
  readonly produced: { readonly events: number; readonly files: number };
  readonly eventsPerSecond: number | null;
  readonly bronze: Omit<StreamTotals, 'rounds'> | null;
  readonly lag: Lag | null;
  /** Of the files that became visible in the last half minute. */
  readonly latency: Spread & { readonly files: number };
  readonly today: DayCost | null;
  /** Why the stream does not go on as it should. */
  readonly problem: string | null;
}

/** The block: made for 100 columns. */
export function liveLines(figures: LiveFigures): string[] {
  const { produced, eventsPerSecond, bronze, lag, latency, today, problem } = figures;
  return [
    `  ${progressText(figures)}`,
    row('produced', `${n(produced.events)} events  ${n(produced.files)} files  ${rateText(eventsPerSecond)}`),
    row('Bronze', bronze === null ? '–' : bronzeText(bronze)),
    row('behind by', lagText(lag)),
    row('latency', `${latencyText(latency)}  complete file → its rows by CQL, last 30 s`),
    row('today', today === null ? '–' : todayText(today)),
    row('top', today?.top == null ? '–' : `${today.top.org}  ${usd(today.top.costUsd)} USD`),
    ...(problem === null ? [] : [`  ! ${problem}`]),
  ];
}

/** The same in one line. */
export function liveLine({
  elapsedMs,
  produced,
  eventsPerSecond,
  bronze,
  lag,
  latency,
  today,
  problem,
}: LiveFigures): string {
  return [
    `  ${clockText(elapsedMs)}`,
    `produced ${n(produced.events)} (${rateText(eventsPerSecond)})`,
    `Bronze ${bronze === null ? '–' : n(bronze.read)}`,
    `behind ${lagText(lag)}`,
    `latency ${latencyText(latency)}`,
    `today ${today === null ? '–' : `${usd(today.costUsd)} USD`}`,
    ...(problem === null ? [] : [`! ${problem}`]),
  ].join('  ');
}

function progressText({ elapsedMs, durationMs }: LiveFigures): string {
  const share = Math.min(1, elapsedMs / durationMs);
  return `${'━'.repeat(Math.round(share * 40)).padEnd(40, '┈')}  ${clockText(elapsedMs)} of ${clockText(durationMs)}`;
}

function bronzeText({ read, written, quarantined, duplicate, late }: NonNullable<LiveFigures['bronze']>): string {
  return `${n(read)} read  ${n(written)} written  ${n(quarantined)} quarantined  ${n(duplicate)} duplicate  ${n(late)} late`;
}

function todayText({ events, costUsd, organisations }: DayCost): string {
  return `${usd(costUsd)} USD  ${n(events)} events  ${n(organisations)} organisations`;
}

function latencyText({ p50, p95, files }: Spread & { readonly files: number }): string {
  return files === 0 ? '–' : `p50 ${n(Math.round(p50))} ms  p95 ${n(Math.round(p95))} ms`;
}

function rateText(eventsPerSecond: number | null): string {
  return eventsPerSecond === null ? '–' : `${n(Math.round(eventsPerSecond))} events/s`;
}

/** Minutes and seconds. */
function clockText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

function usd(amount: number): string {
  return amount.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}

function row(label: string, text: string): string {
  return `  ${label.padEnd(11)}${text}`;
}

function n(number: number): string {
  return number.toLocaleString('en');
}
