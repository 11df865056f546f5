/**
 * The worker that is measured, in a process of its own: `node worker-child.js [<warm landing> <warm lake>]`, the rest from the
 * environment. A second one beside it, if asked for, shares its threads, to warm their code up on the task queue `<queue>-warm`.
 * Use `startWorkerProcess`.
 */
import { computePool } from '../worker/compute/pool.ts';
import { loadConfig } from '../worker/config.ts';
import { connectTemporal } from '../worker/temporal.ts';
import { startWorker } from '../worker/worker.ts';

const [landing, lake] = process.argv.slice(2);
const config = loadConfig(process.env);
const { cassandra } = config;
if ((landing === undefined) !== (lake === undefined) || cassandra === null) {
  throw new Error('usage: worker-child [<warm landing> <warm lake>], with CASSANDRA_CONTACT_POINTS');
}
const temporal = await connectTemporal({ address: null });
const compute = computePool(config.threads);
const warm =
  landing === undefined || lake === undefined
    ? []
    : [{ ...config, landing, lake, taskQueue: `${config.taskQueue}-warm` }];
const workers = await Promise.all(
  [config, ...warm].map((own) => startWorker({ config: own, temporal, cassandra, compute })),
);
const stop = (): void => void Promise.all(workers.map((worker) => worker.stop()));
process.once('SIGTERM', stop);
process.stdin.resume().once('end', stop);
console.log(`worker ${process.pid}`);
await Promise.all(workers.map((worker) => worker.stopped));
process.exit();
