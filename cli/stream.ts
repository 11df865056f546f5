/** `cpa stream`: the continuous stream, started, watched and told what to do. */
import { setTimeout as wait } from 'node:timers/promises';
import { type Client, WorkflowFailedError, type WorkflowHandle, WorkflowNotFoundError } from '@temporalio/client';
import { type Command, InvalidArgumentError } from 'commander';
import { loadConfig } from '../worker/config.ts';
import { note } from './format.ts';
import { liveBlock } from './live-block.ts';
import { wholeNumber } from './options.ts';
import { temporalFor } from './session.ts';
import { liveStatus } from './stream/live-status.ts';
import { rateOver } from './stream/rate.ts';
import { drainStream, runningStream, startStream, stopStream } from './stream/running-stream.ts';
import { paceText, rowsText, statusLines, totalsNow } from './stream/status-text.ts';
import { untilSignal } from './until-signal.ts';

const examples = `
Examples:
  cpa stream start
  cpa stream start --trigger 1000
  cpa stream status --follow
  cpa stream drain
  cpa stream stop`;

/** Adds the command. */
export function register(program: Command): void {
  const stream = program
    .command('stream')
    .summary('the continuous stream: start, status, pause, resume, trigger, drain, stop')
    .description(
      'Reads event files into Bronze as they land and serves what they add from Cassandra at once, until it is told to stop. A ' +
        'task queue has one such stream; it needs a worker: npm start.',
    )
    .addHelpText('after', examples);
  stream
    .command('start')
    .description('start the stream, unless it runs')
    .option('--trigger <ms>', 'least time between two micro-batches (default: 0, as fast as possible)', triggerMs)
    .action(({ trigger }: { trigger?: number }) => connected((client, queue) => start(client, queue, trigger ?? null)));
  stream
    .command('status')
    .description('what it does, has done, and how far it is behind')
    .option('--json', 'as JSON; with --follow one line a second')
    .option('--follow', 'show it again every second until Ctrl-C, or until the stream ends')
    .action((options: StatusOptions) =>
      connected(async (client, queue) => status(await runningStream(client, queue), options)),
    );
  stream
    .command('pause')
    .description('end the current micro-batch and wait for resume')
    .action(() => signalled('pause', [], 'paused: `cpa stream resume` goes on'));
  stream
    .command('resume')
    .description('go on after pause')
    .action(() => signalled('resume', [], 'goes on'));
  stream
    .command('trigger')
    .description('change the least time between two micro-batches')
    .argument('<ms>', 'milliseconds; 0: as fast as possible', triggerMs)
    .action((ms: number) => signalled('trigger', [ms], paceText(ms)));
  stream
    .command('drain')
    .description('wait until all that has landed by now is in Bronze, and print the counts')
    .action(() => connected(async (client, queue) => drain(await runningStream(client, queue))));
  stream
    .command('stop')
    .description('end the stream after its current micro-batch, wait for that, and print the totals')
    .action(() => connected(async (client, queue) => stop(await runningStream(client, queue))));
}

interface StatusOptions {
  readonly json?: true;
  readonly follow?: true;
}

async function start(client: Client, taskQueue: string, trigger: number | null): Promise<void> {
  const { handle, isNew } = await startStream(client, taskQueue, trigger);
  const { workflowId } = handle;
  if (isNew)
    console.log(`${workflowId} is started, ${paceText(trigger ?? 0)}; \`cpa stream status --follow\` watches it`);
  else if (trigger === null) console.log(`${workflowId} runs already`);
  else console.log(`${workflowId} runs already; \`cpa stream trigger ${trigger}\` changes its pace`);
}

async function status(handle: WorkflowHandle, { json, follow }: StatusOptions): Promise<void> {
  if (follow) return followed(handle, json === true);
  const now = await liveStatus(handle);
  if (now === null) throw new Error('the stream has ended meanwhile');
  console.log(json ? JSON.stringify(now, null, 2) : statusLines(now).join('\n'));
}

const refreshMs = 1000;
/** How much of the past the rate is of. */
const rateWindowMs = 10_000;

async function followed(handle: WorkflowHandle, json: boolean): Promise<void> {
  const block = liveBlock(process.stdout);
  const rate = rateOver(rateWindowMs);
  let isStopped = false;
  const stopped = untilSignal().then(() => {
    isStopped = true;
  });
  while (!isStopped) {
    const now = await liveStatus(handle);
    if (now === null) {
      note('the stream has ended');
      return;
    }
    const lines = statusLines(now, rate(Date.now(), totalsNow(now).read));
    if (json) console.log(JSON.stringify(now));
    else block.show(process.stdout.isTTY ? lines : [...lines, '']);
    await Promise.race([stopped, wait(refreshMs)]);
  }
}

async function drain(handle: WorkflowHandle): Promise<void> {
  const { batches, waitingBytes, unreadable, unreadableFiles, ms, ...counts } = await drainStream(handle);
  const made = batches === 1 ? '1 micro-batch' : `${batches.toLocaleString('en')} micro-batches`;
  console.log(`all that had landed is in Bronze; of it now, in ${made} and ${(ms / 1000).toFixed(1)} s:`);
  console.log(`  ${rowsText(counts)}`);
  if (waitingBytes > 0)
    console.log(`  ${waitingBytes.toLocaleString('en')} bytes of unfinished lines wait for their rest`);
  for (const { file, error } of unreadable) console.log(`  not read: ${file}: ${error}`);
  if (unreadableFiles > 0) throw new Error(`${unreadableFiles} files could not be read`);
}

async function stop(handle: WorkflowHandle): Promise<void> {
  const { totals } = await stopStream(handle).catch((error: unknown) => {
    if (!(error instanceof WorkflowFailedError)) throw error;
    throw new Error(`${handle.workflowId} did not stop in order: ${error.cause?.message ?? error.message}`);
  });
  console.log(`${handle.workflowId} has stopped`);
  if (totals !== undefined) console.log(`  ${rowsText(totals)}`);
}

async function signalled(name: string, args: unknown[], done: string): Promise<void> {
  await connected(async (client, taskQueue) => {
    const handle = await runningStream(client, taskQueue);
    await handle.signal(name, ...args);
    console.log(`${handle.workflowId}: ${done}`);
  });
}

/** Runs a command with a connection to Temporal, which it then closes. */
async function connected(work: (client: Client, taskQueue: string) => Promise<void>): Promise<void> {
  const { taskQueue, client, connection } = await temporalFor(loadConfig(process.env));
  try {
    await work(client, taskQueue);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) throw new Error('the stream has ended meanwhile', { cause: error });
    throw error;
  } finally {
    await connection.close();
  }
}

/** As the stream takes it: up to an hour. */
function triggerMs(text: string): number {
  const ms = wholeNumber(0)(text);
  if (ms > 3_600_000) throw new InvalidArgumentError('Expected at most 3600000, an hour.');
  return ms;
}
