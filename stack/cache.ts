import { access, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { waitForLock } from './lock.ts';

/**
 * The folder for downloaded programs, shared by all checkouts of a user: `CPA_CACHE`, else `cpa` in `XDG_CACHE_HOME`, else
 * `~/.cache/cpa`.
 */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (env.CPA_CACHE) return resolve(env.CPA_CACHE);
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'cpa');
}

/**
 * The folder `<cache>/<name>`, filled by `fill` the first time. It appears whole or not at all: `fill` gets a folder beside it,
 * which is renamed when it returns; of several processes one fills and the others wait. An error of `fill` is thrown on.
 */
export async function installOnce(
  name: string,
  log: (line: string) => void,
  fill: (folder: string) => Promise<void>,
): Promise<string> {
  const cache = cacheFolder();
  const folder = join(cache, name);
  if (await isInstalled(name)) return folder;
  await mkdir(cache, { recursive: true });
  const lock = await waitForLock(`${folder}.lock`, (pid) =>
    log(`waiting for process ${pid}, which is fetching ${name}…`),
  );
  try {
    if (await isInstalled(name)) return folder;
    const partPrefix = `${name}.part-`;
    // Under the lock, parts can only be left over from an interrupted download.
    for (const entry of await readdir(cache)) {
      if (entry.startsWith(partPrefix)) await rm(join(cache, entry), { recursive: true, force: true });
    }
    const part = await mkdtemp(join(cache, partPrefix));
    try {
      await fill(part);
      await rename(part, folder);
    } finally {
      await rm(part, { recursive: true, force: true });
    }
    return folder;
  } finally {
    await lock.release();
  }
}

/** Whether `<cache>/<name>` has been filled. */
export async function isInstalled(name: string): Promise<boolean> {
  try {
    await access(join(cacheFolder(), name));
    return true;
  } catch {
    return false;
  }
}
