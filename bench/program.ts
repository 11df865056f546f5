/** What the programs of the bench share: a stack of their own, the report, and the exit code. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Stack, startStack } from '../stack/stack.ts';
import { markdown, missed, type Part } from './report.ts';

export type Log = (line: string) => void;

export interface BenchProgram {
  /** As it is called: `npm run bench`. */
  readonly command: string;
  readonly usage: string;
  /** What the arguments ask for. Throws an error that says what is wrong with them. */
  readonly parts: (args: readonly string[]) => readonly ((stack: Stack, log: Log) => Promise<Part>)[];
}

/**
 * Runs the parts one after another on a stack of its own and prints their report. Sets the exit code: 1 when a required budget is
 * missed, 2 when a part failed.
 */
export async function runProgram(program: BenchProgram, args: readonly string[]): Promise<void> {
  if (args.includes('--help')) {
    console.log(program.usage);
    return;
  }
  try {
    process.exitCode = await run(program, args);
  } catch (error) {
    console.error(`bench: ${error instanceof Error ? error.message : String(error)}\n${program.usage}`);
    process.exitCode = 2;
  }
}

async function run({ command, parts: partsOf }: BenchProgram, args: readonly string[]): Promise<number> {
  const asked = partsOf(args);
  const log: Log = (line) => console.error(line);
  const home = await mkdtemp(join(tmpdir(), 'cpa-bench-home-'));
  const stack = await startStack({ home, log });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  try {
    const parts: Part[] = [];
    for (const part of asked) parts.push(await part(stack, log));
    console.log(markdown(parts, [command, ...(args.length === 0 ? [] : ['--', ...args])].join(' '), new Date()));
    for (const { name, value, budget } of missed(parts)) {
      log(`missed: ${name} is ${value.toFixed(2)}, the budget is ${budget?.bound} ${budget?.limit}`);
    }
    return missed(parts).length === 0 ? 0 : 1;
  } finally {
    await stack.stop();
    await rm(home, { recursive: true, force: true });
  }
}

/** A whole number from 1 given to an option. Throws an error that names the option. */
export function wholeNumber(option: string, given: string | undefined, otherwise: number): number {
  const n = Number(given ?? otherwise);
  if (!Number.isInteger(n) || n < 1) throw new Error(`${option} is a whole number from 1, not ${given}`);
  return n;
}

/** The parts that `--only` leaves: all without it. Throws an error that names them when there is no such part. */
export function partsLeft<T extends string>(names: readonly T[], only: string | undefined): readonly T[] {
  const left = names.filter((name) => only === undefined || only === name);
  if (left.length === 0) throw new Error(`--only ${only}: the parts are ${names.join(', ')}`);
  return left;
}
