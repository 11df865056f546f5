/** `cpa generate`: landing data of any size. */
import { type Command, Option } from 'commander';
import { type Cell, note, print } from './format.ts';
import { type DefectLevel, type GeneratedSummary, generateLanding } from './generate/landing.ts';
import { wholeNumber } from './options.ts';
import { statusLine } from './status-line.ts';

interface GenerateCommandOptions {
  readonly events: number;
  readonly days: number;
  readonly seed: number;
  readonly out: string;
  readonly orgs?: number;
  readonly files?: number;
  readonly defects: DefectLevel;
}

/** Adds the command. */
export function register(program: Command): void {
  program
    .command('generate')
    .summary('write landing data of any size')
    .description(
      'Writes a landing zone: seven masters (CSV) and usage events (JSON lines) with the shapes and defects of the original ' +
        'data. The same options give the same bytes on every machine, and what a correct line makes of them is known exactly.',
    )
    .requiredOption('--out <dir>', 'folder of the landing zone; must hold no events yet')
    .option('--events <number>', 'event lines, repeats and broken ones included', wholeNumber(1), 43_200)
    .option('--days <number>', 'days the events cover', wholeNumber(1), 60)
    .option('--seed <number>', 'another seed, other data', wholeNumber(0), 1)
    .option(
      '--orgs <number>',
      'organisations (default: 80, growing with the square root of the events)',
      wholeNumber(1),
    )
    .option('--files <number>', 'event files (default: one for 360 events)', wholeNumber(1))
    .addOption(
      new Option('--defects <level>', 'original: those of the original data; full: also those it lacks')
        .choices(['original', 'full'])
        .default('full'),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  cpa generate --out landing\n' +
        '  cpa generate --events 1000000 --days 90 --seed 7 --defects original --out landing-1m\n\n' +
        'Then: CPA_LANDING=landing cpa start',
    )
    .action(async (options: GenerateCommandOptions) => {
      const progress = progressLine();
      const startedMs = performance.now();
      const summary = await generateLanding({ ...options, onProgress: progress.update });
      progress.clear();
      report(options.out, summary, (performance.now() - startedMs) / 1000);
    });
}

function report(
  out: string,
  { events, files, bytes, orgs, firstDay, lastDay, truth }: GeneratedSummary,
  seconds: number,
): void {
  const n = (count: number): string => count.toLocaleString('en-US');
  console.log(
    `${n(events)} events of ${n(orgs)} organisations, ${firstDay} to ${lastDay}: ` +
      `${n(files)} files, ${n(bytes)} bytes in ${out}`,
  );
  console.log(
    `Bronze: ${n(truth.events.written)} of ${n(truth.events.read)} lines; Silver: ${n(truth.silver.written)}, ` +
      `cost ${truth.silver.sums.cost_usd} USD\n`,
  );
  const rejected = new Map<string, number>();
  for (const quarantined of [
    truth.events.quarantined,
    truth.silver.quarantined,
    ...Object.values(truth.masters).map((m) => m.quarantined),
  ]) {
    for (const [rule, count] of Object.entries(quarantined))
      rejected.set(rule, (rejected.get(rule) ?? 0) + (count ?? 0));
  }
  printCounts('defect', Object.entries(truth.defects));
  if (rejected.size > 0) {
    console.log();
    printCounts('quarantine_rule', [...rejected]);
  }
  note(`written in ${seconds.toFixed(1)} s`);
}

function printCounts(name: string, counts: readonly (readonly [string, number | undefined])[]): void {
  const rows: Cell[][] = counts.map(([key, count]) => [key, count ?? 0]);
  rows.sort((a, b) => (a[0]! < b[0]! ? -1 : 1));
  const columns = [
    { name, kind: 'text' },
    { name: 'count', kind: 'count' },
  ] as const;
  print({ columns, rows }, 'table');
}

/** Says on the terminal how far the work is, ten times a second at most. */
function progressLine(): { update: (done: number, total: number) => void; clear: () => void } {
  const line = statusLine();
  let shownMs = 0;
  return {
    update: (done, total) => {
      const nowMs = performance.now();
      if (nowMs - shownMs < 100) return;
      shownMs = nowMs;
      line.show(`${done.toLocaleString('en-US')} of ${total.toLocaleString('en-US')} events`);
    },
    clear: line.clear,
  };
}
