/** One at a time, in order of arrival. */
export class Mutex {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs `work` after everything that was given before it has ended, however that ended. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

const mutexes = new Map<string, Mutex>();

/** The mutex that everybody in this thread gets who asks for the same name (one a table: they are never forgotten). */
export function mutexFor(name: string): Mutex {
  let mutex = mutexes.get(name);
  if (mutex === undefined) {
    mutex = new Mutex();
    mutexes.set(name, mutex);
  }
  return mutex;
}
