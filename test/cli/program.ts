/** The built command as a child process, as users run it. */
import { type ChildProcessWithoutNullStreams, type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
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
export function startCpa(cwd: string, args: readonly string[]): ChildProcessWithoutNullStreams {
  const { PATH, HOME } = process.env;
  return spawn(process.execPath, [main, ...args], {
    cwd,
    env: { PATH, HOME, TZ: 'America/Argentina/Buenos_Aires' },
  });
}
