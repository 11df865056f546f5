import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { identifyProcess } from '../../stack/process-identity.ts';

const folders: string[] = [];
process.on('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
});

/** A temporary folder that goes when the test process ends: hooks of a test run in order, so services would outlive theirs. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'cpa-stack-'));
  folders.push(folder);
  return folder;
}

/** Starts `child.ts` in a process (and process group) of its own; `answer` is the line it prints. Killed after the test. */
export async function startChild<T>(
  t: TestContext,
  task: string,
  folder: string,
  env: NodeJS.ProcessEnv = {},
): Promise<{ child: ChildProcess; pid: number; answer: T }> {
  const script = fileURLToPath(new URL('./child.js', import.meta.url));
  const child = spawn(process.execPath, ['--enable-source-maps', script, task, folder], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  t.after(() => child.kill('SIGKILL'));
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk;
  });
  if (child.stdout === null || child.pid === undefined) throw new Error('the child did not start');
  const line = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`the child ended with code ${code}: ${said}`);
    }),
  ]);
  return { child, pid: child.pid, answer: JSON.parse(String(line[0])) as T };
}

/** Waits until none of the processes exists any more; throws after the time given. */
export async function allGone(pids: readonly number[], withinMs: number): Promise<void> {
  const giveUpAt = Date.now() + withinMs;
  for (;;) {
    const alive = (await Promise.all(pids.map(identifyProcess))).filter((identity) => identity !== null);
    if (alive.length === 0) return;
    if (Date.now() > giveUpAt) throw new Error(`still running after ${withinMs} ms: ${alive.map(({ pid }) => pid)}`);
    await sleep(20);
  }
}

/** The other processes in the process group of a process, itself included; on Linux, which has /proc. */
export async function groupOf(pid: number): Promise<readonly number[]> {
  const group = await groupId(pid);
  const all = (await readdir('/proc')).map(Number).filter((other) => Number.isInteger(other));
  const groups = await Promise.all(all.map(groupId));
  return all.filter((_, i) => groups[i] === group);
}

async function groupId(pid: number): Promise<number> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]);
  } catch {
    return Number.NaN;
  }
}
