import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { identifyProcess } from '../../stack/process-identity.ts';
import { runToEnd, type ServiceSpec, startService, untilReady } from '../../stack/service.ts';
import { allGone, groupOf, startChild, temporaryFolder } from './processes.ts';

function shell(script: string, graceSeconds = 5): ServiceSpec {
  return {
    name: 'Shell',
    command: '/bin/sh',
    args: ['-c', script],
    logFile: join(temporaryFolder(), 'log'),
    graceSeconds,
  };
}

test('stop ends the service, its guard and nothing else', async (_t) => {
  const service = await startService(shell('exec sleep 600'));
  const group = await groupOf(service.pid);
  assert.equal(group.length, 3);
  assert.ok(!group.includes(process.pid));
  await service.stop();
  await allGone(group, 500);
  assert.deepEqual(await service.exited, { code: 128 + 15 });
  await service.stop();
});

test('a service may end itself in an orderly way', async (_t) => {
  const spec = shell('trap "echo bye; exit 7" TERM; echo up; while :; do sleep 0.05; done');
  const service = await startService(spec);
  await untilReady(service, spec, 5000, async () => readFileSync(spec.logFile, 'utf8') === 'up\n');
  await service.stop();
  assert.deepEqual(await service.exited, { code: 7 });
  assert.equal(readFileSync(spec.logFile, 'utf8'), 'up\nbye\n');
});

test('a service that ignores SIGTERM is killed when its grace is over', async (_t) => {
  const spec = shell('trap "" TERM; echo up; while :; do sleep 0.05; done', 1);
  const service = await startService(spec);
  await untilReady(service, spec, 5000, async () => readFileSync(spec.logFile, 'utf8') === 'up\n');
  const group = await groupOf(service.pid);
  await service.stop();
  assert.deepEqual(await service.exited, { code: 128 + 9 });
  await allGone(group, 500);
});

test('the end of a service is reported whoever ended it', async (_t) => {
  const service = await startService(shell('exec sleep 600'));
  process.kill(service.pid, 'SIGKILL');
  assert.deepEqual(await service.exited, { code: 128 + 9 });
  await service.stop();
});

test('a killed guard takes its service along', async (_t) => {
  const service = await startService(shell('exec sleep 600'));
  const group = await groupOf(service.pid);
  process.kill(Math.min(...group), 'SIGKILL');
  await allGone(group, 8000);
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2', 'SIGKILL'] as const) {
  const what = signal === 'SIGUSR2' ? 'an uncaught exception' : signal;
  test(`nothing is left when our process dies of ${what}`, async (t) => {
    const { child, answer: pid } = await startChild<number>(t, 'service', temporaryFolder());
    const group = await groupOf(pid);
    assert.equal(group.length, 3);
    child.kill(signal);
    await once(child, 'exit');
    await allGone(group, 1000);
  });
}

test('Ctrl-C in our terminal does not reach the service', async (t) => {
  const { child, pid, answer } = await startChild<number>(t, 'service', temporaryFolder());
  // As a terminal does it: to the whole foreground process group. The child is stopped, so only the others could react.
  child.kill('SIGSTOP');
  process.kill(-pid, 'SIGINT');
  await sleep(300);
  assert.notEqual(await identifyProcess(answer), null);
});

test('the service of a process that died is waited for before a new one starts in its place', async (_t) => {
  const spec = shell('trap "sleep 0.5; exit 0" TERM; echo up; while :; do sleep 0.05; done');
  const first = await startService(spec);
  await untilReady(first, spec, 5000, async () => readFileSync(spec.logFile, 'utf8') === 'up\n');
  const stopping = first.stop();
  const second = await startService(spec);
  assert.equal(await identifyProcess(first.pid), null);
  await stopping;
  await second.stop();
});

test('a service that ends before it is ready is an error with the end of its log', async (_t) => {
  const spec = shell('echo "port taken"; exit 3');
  await assert.rejects(
    untilReady(await startService(spec), spec, 5000, async () => false),
    (error: Error) => {
      assert.match(error.message, /^Shell ended with code 3 before it was ready; the end of .*log:\n {2}port taken$/);
      return true;
    },
  );
});

test('a program that does not exist is one too', async (_t) => {
  const spec = { ...shell(''), command: '/nowhere/program' };
  await assert.rejects(
    untilReady(await startService(spec), spec, 5000, async () => false),
    /code 127 .*\n.*\/nowhere\/program/,
  );
});

test('a service that is not ready in time is stopped', async (_t) => {
  const spec = shell('echo hm; exec sleep 600');
  const service = await startService(spec);
  const group = await groupOf(service.pid);
  await assert.rejects(
    untilReady(service, spec, 200, async () => false),
    /Shell was not ready after 0.2 s; .*\n {2}hm/,
  );
  await allGone(group, 500);
});

test('a command that fails is an error with its output, one that succeeds leaves no file', async (_t) => {
  await assert.rejects(
    runToEnd(shell('echo no such package >&2; exit 1')),
    /Shell failed with code 1; .*\n {2}no such package/,
  );
  const spec = shell('echo fine');
  await runToEnd(spec);
  assert.throws(() => readFileSync(spec.logFile), { code: 'ENOENT' });
});

test('the log of the run before is kept', async (_t) => {
  const spec = shell('echo once');
  await (await startService(spec)).exited;
  await (await startService({ ...spec, args: ['-c', 'echo twice'] })).exited;
  assert.equal(readFileSync(spec.logFile, 'utf8'), 'twice\n');
  assert.equal(readFileSync(`${spec.logFile}.1`, 'utf8'), 'once\n');
});

test('however fast a service ends, its end is reported', async () => {
  for (let round = 0; round < 30; round += 1) {
    assert.deepEqual(await (await startService(shell('exit 5'))).exited, { code: 5 });
  }
});

test('a folder to run in that does not exist is an error', async () => {
  await assert.rejects(startService({ ...shell('exit 0'), cwd: '/nowhere' }), /ENOENT/);
});

test('an answer that came from elsewhere does not make a service that ended ready', async () => {
  const spec = shell('exit 4');
  const service = await startService(spec);
  const answersElsewhere = async (): Promise<boolean> => {
    await service.exited;
    return true;
  };
  await assert.rejects(untilReady(service, spec, 5000, answersElsewhere), /ended with code 4 before it was ready/);
});
