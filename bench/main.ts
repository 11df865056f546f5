/**
 * `npm run bench`: times the line against its budgets and its rivals on a stack of its own, and prints Markdown for
 * docs/performance.md. Ends with 1 when a required budget is missed.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startStack } from '../stack/stack.ts';
import { benchEngine } from './engine.ts';
import { benchLine } from './line.ts';
import { benchAgainstDsbulk } from './load.ts';
import { markdown, missed, type Part, part } from './report.ts';

const usage = `usage: npm run bench -- [--only engine|line|load] [--events N] [--rounds N] [--data DIR]
  --only    one part; default: all three
  --events  events of the generated landing zone (default 4320000)
  --rounds  times each side of a comparison runs, in turns (default 5)
  --data    a landing zone for the part "engine" instead of a generated one`;

const partNames = ['engine', 'line', 'load'] as const;

function optionsOf(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      events: { type: 'string' },
      rounds: { type: 'string' },
      data: { type: 'string' },
    },
  });
  const only = partNames.filter((name) => values.only === undefined || values.only === name);
  const [events, rounds] = [Number(values.events ?? 4_320_000), Number(values.rounds ?? 5)];
  if (only.length === 0) throw new Error(`--only ${values.only}: the parts are ${partNames.join(', ')}`);
  for (const n of [events, rounds])
    if (!Number.isInteger(n) || n < 1) throw new Error('--events and --rounds are whole numbers from 1');
  return { only, events, rounds, landing: values.data === undefined ? null : resolve(values.data) };
}

async function bench(args: readonly string[]): Promise<number> {
  const { only, events, rounds, landing } = optionsOf(args);
  const log = (line: string): void => console.error(line);
  const home = await mkdtemp(join(tmpdir(), 'cpa-bench-home-'));
  const stack = await startStack({ home, log });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  try {
    const bodies = {
      engine: () => part('Landing to Gold', () => benchEngine({ stack, landing, events, rounds, log })),
      line: () => part('The whole line', () => benchLine(stack, log)),
      load: () => part('Loading Cassandra', () => benchAgainstDsbulk(stack, 200_000, rounds, log)),
    };
    const parts: Part[] = [];
    for (const name of only) parts.push(await bodies[name]());
    console.log(
      markdown(parts, ['npm run bench', ...(args.length === 0 ? [] : ['--', ...args])].join(' '), new Date()),
    );
    for (const { name, value, budget } of missed(parts)) {
      log(`missed: ${name} is ${value.toFixed(2)}, the budget is ${budget?.bound} ${budget?.limit}`);
    }
    return missed(parts).length === 0 ? 0 : 1;
  } finally {
    await stack.stop();
    await rm(home, { recursive: true, force: true });
  }
}

try {
  process.exitCode = await bench(process.argv.slice(2));
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}\n${usage}`);
  process.exitCode = 2;
}
