/** A thread that bundles the workflows named in its data and answers with the bundle. Use `workflowBundle`. */
import { fileURLToPath } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

parentPort!.postMessage(
  await bundleWorkflowCode({
    workflowsPath: String(workerData),
    payloadConverterPath: fileURLToPath(new URL('../workflows/payload-converter.js', import.meta.url)),
    logger: new DefaultLogger('ERROR'),
  }),
);
