/** Questions of a running task to whoever started it: a task is given one end of a channel beside its input. */
import { once } from 'node:events';
import type { MessagePort } from 'node:worker_threads';
import type { Ask } from '../../activities/compute/ask.ts';
import { naming } from './error-name.ts';

export interface Asking<I> {
  readonly input: I;
  readonly port: MessagePort;
}

/** What comes back for a question. */
type Reply = { readonly answer: unknown } | { readonly error: unknown };

/** A task that asks, as the pool runs it. */
export function asking<I, Q, A, O>(task: (input: I, ask: Ask<Q, A>) => Promise<O>): (request: Asking<I>) => Promise<O> {
  return naming(({ input, port }) =>
    task(input, async (question, transfer) => {
      port.postMessage(question, transfer);
      const [reply] = (await once(port, 'message')) as [Reply];
      if ('error' in reply) throw reply.error;
      return reply.answer as A;
    }),
  );
}

/** Answers each question that comes in at `port`. */
export function answering(port: MessagePort, answer: (question: never) => Promise<unknown>): void {
  port.on('message', (question: unknown) => {
    answer(question as never).then(
      (value) => port.postMessage({ answer: value } satisfies Reply),
      (error: unknown) => port.postMessage({ error } satisfies Reply),
    );
  });
}
