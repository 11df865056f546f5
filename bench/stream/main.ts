/**
 * `npm run bench:stream`: what the continuous stream does with a live source, with a backlog and over long, on a stack of its own,
 * as Markdown for docs/performance.md. Ends with 1 when a required budget is missed.
 */
import { parseArgs } from 'node:util';
import type { Stack } from '../../stack/stack.ts';
import { type BenchProgram, type Log, partsLeft, runProgram, wholeNumber } from '../program.ts';
import { part } from '../report.ts';
import { benchLive } from './live.ts';

const usage = `usage: npm run bench:stream -- [--only latency|spread] [--minutes N] [--rate N]
  --only     one part; default: all
  --minutes  of a live source in the part "latency" (default 10)
  --rate     events a second of a live source (default 500)`;

const partNames = ['latency', 'spread'] as const;

const program: BenchProgram = {
  command: 'npm run bench:stream',
  usage,
  parts: (args) => {
    const { values } = parseArgs({
      args: [...args],
      options: { only: { type: 'string' }, minutes: { type: 'string' }, rate: { type: 'string' } },
    });
    const minutes = wholeNumber('--minutes', values.minutes, 10);
    const live = { rate: wholeNumber('--rate', values.rate, 500), warmSeconds: 30, events: 43_200 };
    const parts = {
      latency: (stack: Stack, log: Log) =>
        part('A live source', () =>
          benchLive({ ...live, stack, log, seconds: minutes * 60, late: 0.02, dates: 2, hasBudget: true }),
        ),
      spread: (stack: Stack, log: Log) =>
        part('A live source, half of it late', () =>
          benchLive({ ...live, stack, log, seconds: 120, late: 0.5, dates: 60, hasBudget: false }),
        ),
    };
    return partsLeft(partNames, values.only).map((name) => parts[name]);
  },
};

await runProgram(program, process.argv.slice(2));
