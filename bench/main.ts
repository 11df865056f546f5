/**
 * `npm run bench`: times the line against its budgets and its rivals on a stack of its own, and prints Markdown for
 * docs/performance.md. Ends with 1 when a required budget is missed.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Stack } from '../stack/stack.ts';
import { benchEngine } from './engine.ts';
import { benchLine } from './line.ts';
import { benchAgainstDsbulk } from './load.ts';
import { type BenchProgram, type Log, partsLeft, runProgram, wholeNumber } from './program.ts';
import { part } from './report.ts';

const usage = `usage: npm run bench -- [--only engine|line|load] [--events N] [--rounds N] [--data DIR]
  --only    one part; default: all three
  --events  events of the generated landing zone (default 4320000)
  --rounds  times each side of a comparison runs, in turns (default 5)
  --data    a landing zone for the part "engine" instead of a generated one`;

const partNames = ['engine', 'line', 'load'] as const;

const program: BenchProgram = {
  command: 'npm run bench',
  usage,
  parts: (args) => {
    const { values } = parseArgs({
      args: [...args],
      options: {
        only: { type: 'string' },
        events: { type: 'string' },
        rounds: { type: 'string' },
        data: { type: 'string' },
      },
    });
    const events = wholeNumber('--events', values.events, 4_320_000);
    const rounds = wholeNumber('--rounds', values.rounds, 5);
    const landing = values.data === undefined ? null : resolve(values.data);
    const parts = {
      engine: (stack: Stack, log: Log) =>
        part('Landing to Gold', () => benchEngine({ stack, landing, events, rounds, log })),
      line: (stack: Stack, log: Log) => part('The whole line', () => benchLine(stack, log)),
      load: (stack: Stack, log: Log) =>
        part('Loading Cassandra', () => benchAgainstDsbulk(stack, 200_000, rounds, log)),
    };
    return partsLeft(partNames, values.only).map((name) => parts[name]);
  },
};

await runProgram(program, process.argv.slice(2));
