import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { acquireLock, LockHeld, waitForLock } from '../../stack/lock.ts';
import { startChild, temporaryFolder } from './processes.ts';

test('a lock is held by one at a time and free after its release', async (_t) => {
  const path = join(temporaryFolder(), 'lock');
  const lock = await acquireLock(path);
  await assert.rejects(acquireLock(path), (error) => error instanceof LockHeld && error.pid === process.pid);
  await lock.release();
  await (await acquireLock(path)).release();
});

test('the holder is named, and its lock is taken over once it has been killed', async (t) => {
  const folder = temporaryFolder();
  const { child, pid, answer } = await startChild(t, 'lock', folder);
  assert.equal(answer, 'taken');
  await assert.rejects(acquireLock(join(folder, 'lock')), { name: 'LockHeld', pid });
  child.kill('SIGKILL');
  await once(child, 'exit');
  const lock = await acquireLock(join(folder, 'lock'));
  assert.equal(readdirSync(join(folder, 'lock')).length, 1);
  await lock.release();
});

/** A lock as a process leaves it that is gone. */
function leave(folder: string, content: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, '1'), content);
}

test('another process with the same id does not hold the lock of the one before it', async (_t) => {
  const path = join(temporaryFolder(), 'lock');
  leave(path, JSON.stringify({ pid: process.pid, startedAt: 'before the reboot' }));
  await acquireLock(path);
});

test('a torn lock file is no lock', async (_t) => {
  const path = join(temporaryFolder(), 'lock');
  leave(path, '{"pid":');
  await acquireLock(path);
});

test('of many processes that find a stale lock one takes it', async (t) => {
  const folder = temporaryFolder();
  leave(join(folder, 'lock'), 'null');
  const answers = await Promise.all(Array.from({ length: 6 }, () => startChild<string>(t, 'lock', folder)));
  assert.equal(answers.filter(({ answer }) => answer === 'taken').length, 1);
});

test('however takers, releases and retries interleave, two never hold it', async (_t) => {
  const path = join(temporaryFolder(), 'lock');
  let holders = 0;
  let taken = 0;
  const taker = async (): Promise<void> => {
    for (let round = 0; round < 60; round += 1) {
      try {
        const lock = await acquireLock(path);
        holders += 1;
        taken += 1;
        assert.equal(holders, 1);
        if (round % 3 === 0) await sleep(1);
        holders -= 1;
        await lock.release();
      } catch (error) {
        if (!(error instanceof LockHeld)) throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: 12 }, taker));
  assert.ok(taken > 12, `${taken} times`);
  assert.equal(readdirSync(path).length, 1);
});

test('who waits gets the lock when it is free, and is told once for whom it waits', async (_t) => {
  const path = join(temporaryFolder(), 'lock');
  const lock = await acquireLock(path);
  const told: number[] = [];
  const waiting = waitForLock(path, (pid) => told.push(pid));
  setTimeout(() => void lock.release(), 500);
  await (await waiting).release();
  assert.deepEqual(told, [process.pid]);
});
