import { randomUUID } from 'node:crypto';
import { link, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identifyProcess, isRunning, type ProcessIdentity } from './process-identity.ts';

/** A lock held by this process. */
export interface Lock {
  release(): Promise<void>;
}

/** Another running process holds the lock. */
export class LockHeld extends Error {
  override readonly name = 'LockHeld';
  readonly pid: number;
  constructor(folder: string, pid: number) {
    super(`${folder} is held by process ${pid}, which is running`);
    this.pid = pid;
  }
}

/**
 * Takes the lock kept in `folder`; that of a process that no longer runs (crash, reboot) is taken over. Throws `LockHeld` at once.
 *
 * The folder holds numbered files, and the highest number names the holder. Number n + 1 is only tried by who saw n given up; the
 * file system lets one of them create it. A file is removed only when a higher one exists, so the highest number never falls, and
 * who created a number in a gap that others have moved past sees theirs when it looks again.
 */
export async function acquireLock(folder: string): Promise<Lock> {
  const self = await identifyProcess(process.pid);
  if (self === null) throw new Error(`cannot read the start time of process ${process.pid}`);
  await mkdir(folder, { recursive: true });
  for (;;) {
    const last = (await numbersIn(folder)).at(-1) ?? 0;
    const holder = last === 0 ? null : await readHolder(join(folder, String(last)));
    if (holder !== null && (await isRunning(holder))) throw new LockHeld(folder, holder.pid);
    const mine = join(folder, String(last + 1));
    if (!(await create(mine, JSON.stringify(self)))) continue;
    const numbers = await numbersIn(folder);
    if (numbers.at(-1) === last + 1) {
      for (const passed of numbers.slice(0, -1)) await rm(join(folder, String(passed)), { force: true });
      return { release: () => replace(mine, FREE) };
    }
    await rm(mine, { force: true });
  }
}

/** Like `acquireLock`, but waits for the holder; `onWait` is told once whom it waits for. */
export async function waitForLock(folder: string, onWait: (pid: number) => void): Promise<Lock> {
  for (let told = false; ; told = true) {
    try {
      return await acquireLock(folder);
    } catch (error) {
      if (!(error instanceof LockHeld)) throw error;
      if (!told) onWait(error.pid);
      await sleep(200);
    }
  }
}

/** What the file of a released lock says. It stays, so that the numbers go on from it. */
const FREE = 'null';

async function numbersIn(folder: string): Promise<readonly number[]> {
  const names = await readdir(folder);
  return names
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

/** Creates the file with its content at once, so that no reader sees a part; false when it exists. */
async function create(path: string, content: string): Promise<boolean> {
  const aside = `${path}.${randomUUID()}`;
  await writeFile(aside, content);
  try {
    await link(aside, path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(aside, { force: true });
  }
}

async function replace(path: string, content: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  await writeFile(aside, content);
  await rename(aside, path);
}

/** Null for a released lock, a torn file, and one that has been removed because a higher one exists (the next try sees that). */
async function readHolder(path: string): Promise<ProcessIdentity | null> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (typeof value !== 'object' || value === null) return null;
    const { pid, startedAt } = value as Record<string, unknown>;
    return typeof pid === 'number' && typeof startedAt === 'string' ? { pid, startedAt } : null;
  } catch {
    return null;
  }
}
