import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identifyProcess, isRunning, type ProcessIdentity } from './process-identity.ts';

/** A lock file held by this process. */
export interface Lock {
  /** Removes the file, if it is still ours. */
  release(): Promise<void>;
}

/** Another running process holds the lock. */
export class LockHeld extends Error {
  override readonly name = 'LockHeld';
  readonly pid: number;
  constructor(path: string, pid: number) {
    super(`${path} is held by process ${pid}, which is running`);
    this.pid = pid;
  }
}

interface Holder extends ProcessIdentity {
  readonly token: string;
}

/**
 * Takes the lock file at `path`; a lock whose holder no longer runs (crash, reboot) is taken over. Throws `LockHeld` at once.
 * The file appears whole or not at all (written aside, then linked), so a reader never sees half a holder.
 */
export async function acquireLock(path: string): Promise<Lock> {
  const self = await identifyProcess(process.pid);
  if (self === null) throw new Error(`cannot read the start time of process ${process.pid}`);
  const content = JSON.stringify({ ...self, token: randomUUID() } satisfies Holder);
  await mkdir(dirname(path), { recursive: true });
  const aside = `${path}.${randomUUID()}`;
  await writeFile(aside, content);
  try {
    while (!(await linked(aside, path))) {
      const found = await readOrNull(path);
      if (found === null) continue;
      const holder = parseHolder(found);
      if (holder !== null && (await isRunning(holder))) throw new LockHeld(path, holder.pid);
      await removeStale(path, found);
    }
  } finally {
    await rm(aside, { force: true });
  }
  return {
    async release() {
      if ((await readOrNull(path)) === content) await rm(path, { force: true });
    },
  };
}

/** Like `acquireLock`, but waits for the holder; `onWait` is told once whom it waits for. */
export async function waitForLock(path: string, onWait: (pid: number) => void): Promise<Lock> {
  for (let told = false; ; ) {
    try {
      return await acquireLock(path);
    } catch (error) {
      if (!(error instanceof LockHeld)) throw error;
      if (!told) onWait(error.pid);
      told = true;
      await sleep(200);
    }
  }
}

/** Moves the stale file away before removing it: if a rival has put a fresh lock there meanwhile, that one goes back. */
async function removeStale(path: string, stale: string): Promise<void> {
  const moved = `${path}.${randomUUID()}`;
  try {
    await rename(path, moved);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    throw error;
  }
  if ((await readOrNull(moved)) !== stale) await linked(moved, path);
  await rm(moved, { force: true });
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

async function readOrNull(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
}

function parseHolder(text: string): Holder | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return null;
    const { pid, startedAt, token } = value as Record<string, unknown>;
    return typeof pid === 'number' && typeof startedAt === 'string' && typeof token === 'string'
      ? { pid, startedAt, token }
      : null;
  } catch {
    return null;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
