/** A connection to Cassandra that is used until a signal. */
import type { Session } from './session.ts';

/**
 * The session, whose statements reject with the signal's reason once it aborts. Cassandra may still carry out those under way: a
 * publication that ends so is like one whose process died.
 */
export function sessionUntil(session: Session, signal: AbortSignal): Session {
  const waiting = new Set<(reason: unknown) => void>();
  signal.addEventListener('abort', () => {
    for (const reject of waiting) reject(signal.reason);
  });
  const until = <T>(work: () => Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted();
      waiting.add(reject);
      work()
        .then(resolve, reject)
        .finally(() => waiting.delete(reject));
    });
  return {
    ...session,
    use: () => until(() => session.use()),
    execute: (...statement) => until(() => session.execute(...statement)),
    executeOnce: (...statement) => until(() => session.executeOnce(...statement)),
    batch: (...statements) => until(() => session.batch(...statements)),
    pages: async function* (...query) {
      const pages = session.pages(...query);
      for (;;) {
        const next = await until(() => pages.next());
        if (next.done === true) return;
        yield next.value;
      }
    },
  };
}
