/** The running local stack, as its state folder tells other terminals. */
import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CassandraConfig } from '../serving/config.ts';
import type { Config } from '../worker/config.ts';

/** What `cpa up`, `start` and `demo` write while they run. */
export interface LocalStack {
  readonly pid: number;
  readonly temporalAddress: string | null;
  readonly uiUrl: string | null;
  readonly taskQueue: string;
  readonly lake: string;
  readonly landing: string;
  readonly cassandra: CassandraConfig;
  /** A login to the same Cassandra that only reads. */
  readonly reader: CassandraConfig;
}

const fileName = 'stack.json';

/** The stack that runs on this home, or null. */
export function localStack(home: string): LocalStack | null {
  try {
    const stack = JSON.parse(readFileSync(join(home, fileName), 'utf8')) as LocalStack;
    process.kill(stack.pid, 0);
    return stack;
  } catch {
    return null;
  }
}

/** Says that a stack runs; readable by its owner only, since it holds the password. */
export async function announceStack(home: string, stack: LocalStack): Promise<void> {
  await writeFile(join(home, fileName), `${JSON.stringify(stack, null, 2)}\n`, { mode: 0o600 });
}

/** Takes it back. */
export async function withdrawStack(home: string): Promise<void> {
  await rm(join(home, fileName), { force: true });
}

/** Cassandra as configured, else of the running local stack. Throws saying how to get one. */
export function cassandraFor(config: Config): CassandraConfig {
  const found = config.cassandra ?? localStack(config.home)?.cassandra;
  if (found === undefined) {
    throw new Error('no Cassandra: start the stack with `cpa up` or `npm start`, or set CASSANDRA_CONTACT_POINTS');
  }
  return found;
}

/** The same for who only reads: with the login for that, where there is one. */
export function readerFor(config: Config): CassandraConfig {
  const local = localStack(config.home)?.reader;
  const reader = config.cassandra === null && local !== undefined ? local : cassandraFor(config);
  return { ...reader, ...config.dashboard.login };
}
