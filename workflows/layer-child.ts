/** Layers as children of a run. */
import { executeChild, workflowInfo } from '@temporalio/workflow';
import { attempt, type Problem } from './problems.ts';
import type { ProgressBoard } from './progress.ts';
import { asChild, type RunKind } from './search-attributes.ts';
import { type ServingResult, serving } from './serving.ts';
import type { silver } from './silver.ts';

/** Runs a layer under the id `<id of this run>/<name>` and adds what it did to the page of this run; its failure becomes a problem. */
export async function runLayer(
  board: ProgressBoard,
  problems: Problem[],
  name: string,
  type: 'bronzeBatch' | 'bronzeStream' | 'silver' | 'gold',
  kind: RunKind,
  input: Readonly<Record<string, unknown>>,
): Promise<void> {
  const workflowId = `${workflowInfo().workflowId}/${name}`;
  const result = await attempt(name, problems, () =>
    executeChild<typeof silver>(type, { ...asChild(type, kind), workflowId, args: [input] }),
  );
  if (result !== null) board.add(result.tables);
}

/** Publishes in a child under the id `<of>/serving`; null when that failed, which becomes a problem. */
export function runServing(
  problems: Problem[],
  kind: RunKind,
  input: Readonly<Record<string, unknown>>,
  of = workflowInfo().workflowId,
): Promise<ServingResult | null> {
  return attempt('serving', problems, () =>
    executeChild(serving, { ...asChild('serving', kind), workflowId: `${of}/serving`, args: [input] }),
  );
}
