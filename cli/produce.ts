/** `cpa produce`: a live source of usage events. */
import type { Command } from 'commander';
import { loadConfig } from '../worker/config.ts';
import { note, print } from './format.ts';
import { percentage, positiveNumber, wholeNumber } from './options.ts';
import { lineKinds } from './produce/event-lines.ts';
import { type ProduceSummary, produceEvents } from './produce/produce-events.ts';
import { eventsFolder } from './produce/write.ts';
import { statusLine } from './status-line.ts';
import { untilSignal } from './until-signal.ts';

interface ProduceCommandOptions {
  readonly rate: number;
  readonly minutes: number;
  readonly late: number;
  readonly duplicate: number;
  readonly malformed: number;
  readonly seed: number;
  readonly grow?: true;
  readonly out?: string;
}

/** Adds the command. */
export function register(program: Command): void {
  program
    .command('produce')
    .summary('write events as a live source would')
    .description(
      'Writes usage events into a landing zone as they come: files of 50 to 500 events of the organisations and resources in ' +
        'its masters, each there at once when its last event is due. Ends early, in order, on Ctrl-C (exit code 130).',
    )
    .option('--rate <number>', 'events a second', wholeNumber(1), 500)
    .option('--minutes <number>', 'how long, such as 0.5', positiveNumber, 10)
    .option('--late <percent>', 'events that are 1 to 60 days old; the others are of now', percentage, 2)
    .option('--duplicate <percent>', 'repeats of an event sent before', percentage, 1)
    .option('--malformed <percent>', 'lines that end in the quarantine', percentage, 0.5)
    .option(
      '--seed <number>',
      'another seed, other events; ids and times are always those of the run',
      wholeNumber(0),
      1,
    )
    .option('--grow', 'append to one file a minute, now and then up to the middle of a line')
    .option('--out <dir>', "folder of the landing zone (default: $CPA_LANDING, else the lake's landing)")
    .addHelpText(
      'after',
      '\nExamples:\n  cpa produce --minutes 1\n' +
        '  cpa produce --rate 5000 --minutes 30 --late 10 --duplicate 5 --malformed 1\n' +
        '  cpa produce --rate 200 --minutes 0.5 --grow --seed 7 --out landing\n\n' +
        'The masters have to be there: cpa generate --out landing',
    )
    .action(produce);
}

async function produce({ out, minutes, late, duplicate, malformed, ...rest }: ProduceCommandOptions): Promise<void> {
  const { landing } = loadConfig(out === undefined ? process.env : { ...process.env, CPA_LANDING: out });
  const stop = new AbortController();
  untilSignal().then((signal) => stop.abort(signal));
  const progress = progressLine();
  let summary: ProduceSummary;
  try {
    summary = await produceEvents({
      ...rest,
      landing,
      durationMs: minutes * 60_000,
      late: late / 100,
      duplicate: duplicate / 100,
      malformed: malformed / 100,
      signal: stop.signal,
      onProgress: progress.update,
    });
  } finally {
    progress.end();
  }
  report(`${landing}/${eventsFolder}`, summary);
  if (stop.signal.aborted) {
    note(`stopped by ${stop.signal.reason}`);
    process.exitCode = 130;
  }
}

function report(folder: string, summary: ProduceSummary): void {
  const { events, files, bytes, elapsedMs, eventsPerSecond, late, duplicate, malformed } = summary;
  console.log(
    `${count(events)} events in ${count(files)} files, ${count(bytes)} bytes, in ${(elapsedMs / 1000).toFixed(1)} s: ` +
      `${count(Math.round(eventsPerSecond))} events/s into ${folder}\n`,
  );
  const of = { on_time: events - late - duplicate - malformed, late, duplicate, malformed };
  const columns = [
    { name: 'kind', kind: 'text' },
    { name: 'events', kind: 'count' },
  ] as const;
  print({ columns, rows: lineKinds.map((kind) => [kind, of[kind]]) }, 'table');
}

/** Says on the terminal, every second, what was written so far. */
function progressLine(): { update: (events: number, files: number) => void; end: () => void } {
  const line = statusLine();
  const startedMs = performance.now();
  let events = 0;
  let files = 0;
  const timer = setInterval(() => {
    const seconds = (performance.now() - startedMs) / 1000;
    const rate = Math.round(events / seconds);
    line.show(`${count(events)} events, ${count(files)} files, ${count(rate)} events/s, ${seconds.toFixed(0)} s`);
  }, 1000);
  return {
    update: (nowEvents, nowFiles) => {
      events = nowEvents;
      files = nowFiles;
    },
    end: () => {
      clearInterval(timer);
      line.clear();
    },
  };
}

function count(n: number): string {
  return n.toLocaleString('en-US');
}
