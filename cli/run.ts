/** `cpa run`: starts a workflow, shows its progress, prints its result. */

import { ApplicationFailure, WorkflowFailedError } from '@temporalio/client';
import { Argument, type Command } from 'commander';
import { loadConfig } from '../worker/config.ts';
import type { TemporalAccess } from '../worker/temporal.ts';
import { catalogue, exampleOf, startableTypes, type WorkflowType } from '../workflows/catalogue.ts';
import { showProgress } from './progress-lines.ts';
import { temporalFor } from './session.ts';
import { UsageError } from './usage-error.ts';

export interface RunOptions {
  readonly input: Readonly<Record<string, unknown>>;
  readonly taskQueue: string;
  readonly out: NodeJS.WriteStream;
  /** Put before the workflow id; default: nothing. */
  readonly idPrefix?: string;
}

/** A workflow failed: what it said, and the result as far as it came. */
export class RunFailed extends Error {
  override readonly name = 'RunFailed';
  readonly result: unknown;
  constructor(message: string, result: unknown) {
    super(message);
    this.result = result;
  }
}

/** Starts a workflow, or joins the one that runs under its id, and waits for its result. Throws `RunFailed`. */
export async function runWorkflow(temporal: TemporalAccess, type: WorkflowType, options: RunOptions): Promise<unknown> {
  const { input, taskQueue, out } = options;
  const workflowId = `${options.idPrefix ?? ''}${idOf(type, input)}`;
  const handle = await temporal.client.workflow.start(type, {
    taskQueue,
    workflowId,
    args: [input],
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    workflowIdConflictPolicy: 'USE_EXISTING',
    staticSummary: catalogue[type].summary,
  });
  try {
    return await showProgress(temporal.client, workflowId, handle.result(), out);
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const cause = error.cause;
    const details = cause instanceof ApplicationFailure ? cause.details?.[0] : undefined;
    throw new RunFailed(`${type} ${workflowId} failed: ${cause?.message ?? error.message}`, details ?? null);
  }
}

function idOf(type: string, input: Readonly<Record<string, unknown>>): string {
  // Of two restores at a time only the same one is joined.
  if (type === 'restore') return `restore-${input.table}-${input.version}`;
  const date =
    typeof input.date === 'string' ? input.date : new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
  return type === 'dailyRun' ? `daily-${date}` : `${type.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}-${date}`;
}

/** Registers the command. */
export function register(program: Command): void {
  program
    .command('run')
    .description('start a workflow, show its progress, print its result as JSON')
    .addArgument(new Argument('<workflow>', 'workflow type').choices(startableTypes))
    .argument('[json]', 'its input, one JSON object', '{}')
    .option('--date <YYYY-MM-DD>', 'logical date; default: yesterday (UTC)')
    .addHelpText(
      'after',
      `\nExamples:\n${startableTypes
        .map((type) => `  ${catalogue[type].summary}\n    cpa run ${type} '${exampleOf(type)}'`)
        .join('\n')}`,
    )
    .action(async (workflow: WorkflowType, json: string, { date }: { date?: string }) => {
      let input: unknown;
      try {
        input = JSON.parse(json);
      } catch (error) {
        throw new UsageError(`the input ${json} is not JSON: ${(error as Error).message}`);
      }
      if (typeof input !== 'object' || input === null || Array.isArray(input))
        throw new UsageError(`the input ${json} is not a JSON object`);
      if (workflow === 'bronzeStream' && (input as Record<string, unknown>).mode === 'continuous')
        throw new UsageError('a continuous stream does not end by itself: `cpa stream start` starts it and comes back');
      const { taskQueue, ...temporal } = await temporalFor(loadConfig(process.env));
      try {
        const result = await runWorkflow(temporal, workflow, {
          input: { ...input, ...(date === undefined ? {} : { date }) },
          taskQueue,
          out: process.stderr,
        });
        console.log(JSON.stringify(result, null, 2));
      } finally {
        await temporal.connection.close();
      }
    });
}
