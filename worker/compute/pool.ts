/** The pool of compute threads: what burns CPU runs here, never on the worker's main thread. */
import { Piscina } from 'piscina';
import type { Compute } from '../../activities/compute/compute.ts';
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
    run: (task, input, options) =>
      pool
        .run(input, {
          name: task,
          ...(options?.transfer === undefined ? {} : { transferList: [...options.transfer] }),
          ...(options?.signal === undefined ? {} : { signal: options.signal }),
        })
        .catch((error: unknown) => {
          throw renamed(error);
        }),
    close: () => pool.destroy(),
  };
}
