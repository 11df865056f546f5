/** A worker as a process of its own, against configured services: `node dist/worker/main.js`. */
import { loadConfig } from './config.ts';
import { connectTemporal } from './temporal.ts';
import { startWorker } from './worker.ts';

try {
  const config = loadConfig(process.env);
  if (config.cassandra === null)
    throw new Error('CASSANDRA_CONTACT_POINTS is not set: a worker alone starts no Cassandra');
  const temporal = await connectTemporal({ address: null, metricsAddress: config.metricsAddress });
  const worker = await startWorker({ config, temporal, cassandra: config.cassandra });
  const stop = (): void => void worker.stop();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  console.log(`worker ${process.pid} on task queue ${config.taskQueue}, lake ${config.lake}`);
  await worker.stopped;
  await temporal.connection.close();
  // The Cassandra driver keeps connections that it reopened after a lost one, even after its shutdown.
  process.exit();
} catch (error) {
  console.error(`worker: ${error instanceof Error ? error.message : String(error)}`);
  // Whatever did not end in time is not waited for.
  process.exit(1);
}
