/** The workflows as one script, as workers run them. */
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { WorkflowBundleWithSourceMap } from '@temporalio/worker';

let bundled: Promise<WorkflowBundleWithSourceMap> | null = null;

/**
 * The bundle, made once for all workers of this process, since it takes over a second. It is made on a thread of its own: what the
 * bundler leaves in memory would be gone through by every garbage collection of the worker.
 */
export function workflowBundle(): Promise<WorkflowBundleWithSourceMap> {
  bundled ??= bundle(fileURLToPath(new URL('../workflows/index.js', import.meta.url)));
  return bundled;
}

async function bundle(workflowsPath: string): Promise<WorkflowBundleWithSourceMap> {
  const thread = new Worker(new URL('./bundle-thread.js', import.meta.url), { workerData: workflowsPath });
  const [made] = (await once(thread, 'message')) as [WorkflowBundleWithSourceMap];
  await thread.terminate();
  return made;
}
