/** The name of an error on its way between threads: copying an error keeps its cause, but not the name of its class. */

/** A task whose errors carry their name in their cause. */
export function naming<I, O>(task: (input: I) => O | Promise<O>): (input: I) => Promise<O> {
  return async (input) => {
    try {
      return await task(input);
    } catch (error) {
      if (!(error instanceof Error) || error.name === 'Error') throw error;
      throw new Error(error.message, { cause: { errorName: error.name } });
    }
  };
}

/** The error as the task threw it, with its name. */
export function renamed(error: unknown): unknown {
  const cause = error instanceof Error ? error.cause : null;
  if (typeof cause === 'object' && cause !== null && 'errorName' in cause) {
    (error as Error).name = String(cause.errorName);
  }
  return error;
}
