/** The built command as a child process, as users run it. */
import { type ChildProcessWithoutNullStreams, type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../cli/main.js', import.meta.url));

/** Runs `cpa` in a folder, with nothing configured but `env`, in a far timezone. */
export function cpa(cwd: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): SpawnSyncReturns<string> {
  const { PATH, HOME } = process.env;
  return spawnSync(process.execPath, [main, ...args], {
    cwd,
    encoding: 'utf8',
    env: { PATH, HOME, TZ: 'America/Argentina/Buenos_Aires', ...env },
  });
}

/** Starts `cpa` the same way and leaves it running; its output is piped. */
export function startCpa(
  cwd: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): ChildProcessWithoutNullStreams {
  const { PATH, HOME } = process.env;
  return spawn(process.execPath, [main, ...args], {
    cwd,
    env: { PATH, HOME, TZ: 'America/Argentina/Buenos_Aires', ...env },
  });
}

/** Runs `cpa` to its end beside what goes on in this process, such as a worker. */
export async function cpaBeside(
  cwd: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ readonly status: number | null; readonly stdout: string; readonly stderr: string }> {
  const child = startCpa(cwd, args, env);
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  return { status, stdout, stderr };
}
