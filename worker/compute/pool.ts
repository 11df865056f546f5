/** The pool of compute threads: what burns CPU runs here, never on the worker's main thread. */
import { MessageChannel } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { Compute } from '../../activities/compute/compute.ts';
import { type Asking, answering } from './conversation.ts';
import { renamed } from './error-name.ts';

export interface ComputePool extends Compute {
  close(): Promise<void>;
}

/** Starts `threads` threads; they are kept for the life of the pool. */
export function computePool(threads: number): ComputePool {
  const pool = new Piscina({
    filename: new URL('./thread.js', import.meta.url).href,
    minThreads: threads,
    maxThreads: threads,
    idleTimeout: Number.POSITIVE_INFINITY,
    concurrentTasksPerWorker: 1,
    atomics: 'disabled',
  });
  return {
    threads,
    run: async (task, input, options) => {
      const signal = options?.signal === undefined ? {} : { signal: options.signal };
      const answer = options?.answer;
      try {
        if (answer === undefined) return await pool.run(input, { name: task, ...signal });
        const { port1, port2 } = new MessageChannel();
        try {
          answering(port1, answer);
          const request: Asking<typeof input> = { input, port: port2 };
          return await pool.run(request, { name: task, transferList: [port2], ...signal });
        } finally {
          port1.close();
        }
      } catch (error) {
        throw renamed(error);
      }
    },
    close: () => pool.destroy(),
  };
}
