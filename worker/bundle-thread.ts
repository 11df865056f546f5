/** A thread that bundles the workflows named in its data and answers with the bundle. Use `workflowBundle`. */
import { parentPort, workerData } from 'node:worker_threads';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

parentPort!.postMessage(
  await bundleWorkflowCode({ workflowsPath: String(workerData), logger: new DefaultLogger('ERROR') }),
);
