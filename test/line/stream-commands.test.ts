/** The continuous stream as `cpa stream` finds, starts, watches and ends it, against a worker. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { type LiveStatus, liveStatus } from '../../cli/stream/live-status.ts';
import { drainStream, findStream, runningStream, startStream, stopStream } from '../../cli/stream/running-stream.ts';
import { statusLines, totalsNow } from '../../cli/stream/status-text.ts';
import { cpaBeside, startCpa } from '../cli/program.ts';
import { type TestLine, testLine } from './line.ts';
import { eventLine, type SmallLanding, smallLanding } from './small-landing.ts';

describe('cpa stream', () => {
  let landing: SmallLanding;
  let line: TestLine;
  let env: NodeJS.ProcessEnv;

  before(async () => {
    landing = smallLanding();
    landing.events('1.jsonl', [eventLine('e1'), eventLine('e2')]);
    line = await testLine({ landing: landing.folder });
    env = { TEMPORAL_ADDRESS: process.env.CPA_TEST_TEMPORAL, CPA_TASK_QUEUE: line.taskQueue };
  });
  after(async () => {
    await line.stop();
    landing.remove();
  });

  /** Runs the command in a process of its own; gives what it prints. */
  const cpaStream = async (status: number, ...args: string[]): Promise<string> => {
    const ended = await cpaBeside(landing.folder, ['stream', ...args], env);
    const { stdout, stderr } = ended;
    assert.deepEqual([ended.status, status === 0 ? stderr : stdout], [status, ''], `${args.join(' ')}: ${stderr}`);
    return status === 0 ? stdout : stderr;
  };
  const running = () => runningStream(line.client, line.taskQueue);
  const statusNow = async (): Promise<LiveStatus> => {
    const status = await liveStatus(await running());
    assert.ok(status !== null);
    return status;
  };
  const id = (): string => `bronze-stream-${line.taskQueue}`;

  it('says that no stream runs, and how to start one', async () => {
    assert.equal(await findStream(line.client, line.taskQueue), null);
    assert.match(
      await cpaStream(1, 'drain'),
      /^cpa: no continuous stream runs on task queue test-\w+: `cpa stream start` starts one\n$/,
    );
  });

  it('starts one, once', async () => {
    assert.equal(
      await cpaStream(0, 'start', '--trigger', '20'),
      `${id()} is started, a micro-batch every 20 ms at most; \`cpa stream status --follow\` watches it\n`,
    );
    assert.equal(await cpaStream(0, 'start'), `${id()} runs already\n`);
    assert.equal((await statusNow()).triggerMs, 20);
  });

  it('drains it, and shows what it has done', async () => {
    await drainStream(await running());
    landing.events('2.jsonl', [eventLine('e3'), eventLine('e1'), 'not an event']);
    assert.match(
      await cpaStream(0, 'drain'),
      /^all that had landed is in Bronze; of it now, in \d micro-batch(es)? and /,
    );
    const status = await statusNow();
    const text = statusLines(status).join('\n');
    assert.match(text, /^bronze-stream-test-\w+: running, a micro-batch every 20 ms at most\n/);
    assert.match(text, /^ {2}in Bronze {5}5 rows read {2}3 written {2}1 quarantined {2}1 duplicate {2}0 late$/m);
    assert.deepEqual([status.workflowId, status.state], [id(), 'running']);
  });

  it('changes its pace', async () => {
    assert.equal(await cpaStream(0, 'trigger', '0'), `${id()}: as fast as possible\n`);
    assert.equal((await statusNow()).triggerMs, 0);
  });

  it('pauses it: it is not drained then', async () => {
    assert.equal(await cpaStream(0, 'pause'), `${id()}: paused: \`cpa stream resume\` goes on\n`);
    landing.events('3.jsonl', [eventLine('e4')]);
    assert.equal(await cpaStream(1, 'drain'), 'cpa: the stream is paused: `cpa stream resume` first\n');
    assert.match(await cpaStream(0, 'status'), /^\S+: paused, as fast as possible\n/);
  });

  it('resumes it', async () => {
    assert.equal(await cpaStream(0, 'resume'), `${id()}: goes on\n`);
    await drainStream(await running());
    const status = await statusNow();
    assert.deepEqual([status.state, totalsNow(status).read, totalsNow(status).written], ['running', 6, 4]);
  });

  it('follows it from second to second until it ends', async () => {
    const child = startCpa(landing.folder, ['stream', 'status', '--follow', '--json'], env);
    const seen: LiveStatus[] = [];
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => {
      for (const text of chunk.toString().trimEnd().split('\n')) seen.push(JSON.parse(text));
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    const ended = new Promise((resolve) => child.on('close', resolve));
    landing.events('4.jsonl', [eventLine('e5')]);
    while (seen.length < 3 || totalsNow(seen.at(-1)!).read < 7) await wait(50);
    assert.equal(totalsNow(seen.at(-1)!).written, 5);
    assert.match(
      await cpaStream(0, 'stop'),
      /^\S+ has stopped\n {2}7 rows read {2}5 written {2}1 quarantined {2}1 duplicate {2}0 late\n$/,
    );
    assert.deepEqual([await ended, stderr], [0, 'the stream has ended\n']);
    assert.equal(await findStream(line.client, line.taskQueue), null);
  });

  it('finds one that runs under another id', async () => {
    const { workflowId } = await line.start('bronzeStream', { mode: 'continuous', paused: true });
    const deadline = Date.now() + 30_000;
    while ((await findStream(line.client, line.taskQueue)) === null) {
      assert.ok(Date.now() < deadline, 'never found');
      await wait(50);
    }
    const { handle, isNew } = await startStream(line.client, line.taskQueue, null);
    assert.deepEqual([handle.workflowId, isNew], [workflowId, false]);
    assert.equal((await stopStream(handle)).totals?.read, 0);
  });
});
