/**
 * `npm run bench:stream`: what the continuous stream does with a live source, with a backlog and over long, on a stack of its own,
 * as Markdown for docs/performance.md. Ends with 1 when a required budget is missed.
 */
import { parseArgs } from 'node:util';
import type { Stack } from '../../stack/stack.ts';
import { type BenchProgram, type Log, partsLeft, runProgram, wholeNumber } from '../program.ts';
import { part } from '../report.ts';
import { benchBacklog } from './backlog.ts';
import { benchFlat } from './flat.ts';
import { benchKnownIds } from './known-ids.ts';
import { fillLake } from './lake-landing.ts';
import { benchLive, type LiveOptions } from './live.ts';
import { onRig } from './rig.ts';

const usage = `usage: npm run bench:stream -- [--only latency|spread|backlog|scatter|flat|index] [--minutes N] [--rate N] [--events N]
                               [--batches N] [--ids N]
  --only     one part; default: all six
  --minutes  of a live source in the part "latency" (default 10)
  --rate     events a second of a live source (default 500)
  --events   events of the parts "backlog" and "scatter" (default 2000000)
  --batches  micro-batches of the part "flat" (default 20000)
  --ids      events of the part "index" (default 5000000)`;

const partNames = ['latency', 'spread', 'backlog', 'scatter', 'flat', 'index'] as const;

/** Of a lake before its stream starts: as much as the original data. */
const lake = { events: 43_200, days: 60 };

const program: BenchProgram = {
  command: 'npm run bench:stream',
  usage,
  parts: (args) => {
    const text = { type: 'string' } as const;
    const { values } = parseArgs({
      args: [...args],
      options: { only: text, minutes: text, rate: text, events: text, batches: text, ids: text },
    });
    const minutes = wholeNumber('--minutes', values.minutes, 10);
    const live = { rate: wholeNumber('--rate', values.rate, 500), warmSeconds: 30 };
    const events = wholeNumber('--events', values.events, 2_000_000);
    const batches = wholeNumber('--batches', values.batches, 20_000);
    const ids = wholeNumber('--ids', values.ids, 5_000_000);
    const source = (title: string, options: Omit<LiveOptions, keyof typeof live>) => (stack: Stack, log: Log) =>
      part(title, () =>
        onRig(stack, log, async (rig) => {
          await fillLake(rig, lake);
          return benchLive(rig, { ...live, ...options });
        }),
      );
    const backlog = (title: string, inOrder: boolean) => (stack: Stack, log: Log) =>
      part(title, () => onRig(stack, log, (rig) => benchBacklog(rig, { backlog: { events, days: 60 }, inOrder })));
    const parts = {
      latency: source('A live source', { seconds: minutes * 60, late: 0.02, dates: 2, hasBudget: true }),
      spread: source('A live source, half of it late', { seconds: 120, late: 0.5, dates: 60, hasBudget: false }),
      backlog: backlog('A backlog', true),
      scatter: backlog('A backlog in no order', false),
      flat: (stack: Stack, log: Log) =>
        part('Many micro-batches', () =>
          onRig(stack, log, async (rig) => {
            await fillLake(rig, lake);
            return benchFlat(rig, { batches });
          }),
        ),
      index: (_: Stack, log: Log) => part('The index of known ids', () => benchKnownIds({ log, events: ids })),
    };
    return partsLeft(partNames, values.only).map((name) => parts[name]);
  },
};

await runProgram(program, process.argv.slice(2));
