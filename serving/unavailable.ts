/** Which failures of Cassandra pass by themselves, and how they are tried again. */
import cassandra from 'cassandra-driver';

/** Cassandra could not answer now: no host, no time, too much load. Trying again later may succeed. */
export class CassandraUnavailable extends Error {
  override readonly name = 'CassandraUnavailable';
}

const attempts = 6;
const firstPauseMs = 100;

const passing: ReadonlySet<number> = new Set([
  cassandra.types.responseErrorCodes.unavailableException,
  cassandra.types.responseErrorCodes.overloaded,
  cassandra.types.responseErrorCodes.isBootstrapping,
  cassandra.types.responseErrorCodes.writeTimeout,
  cassandra.types.responseErrorCodes.readTimeout,
]);

/**
 * Runs idempotent work, again after a growing pause while the failure is one that passes (about 3 s in all). Errors carry
 * `place`; those that pass are `CassandraUnavailable`, others a plain Error; the driver's error is the cause.
 */
export async function retrying<T>(place: string, work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === attempts || !passes(error)) throw placed(place, error);
      await new Promise((wake) => setTimeout(wake, firstPauseMs * 2 ** (attempt - 1)));
    }
  }
}

/** The driver's error as one that says where it happened. */
export function placed(place: string, error: unknown): Error {
  const Kind = passes(error) ? CassandraUnavailable : Error;
  return new Kind(`${place}: ${reason(error)}`, { cause: error });
}

/** The code with which Cassandra refused a statement (`types.responseErrorCodes`), or null when the error is not a refusal. */
export function refusalCode(error: unknown): number | null {
  const found = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return found instanceof cassandra.errors.ResponseError ? found.code : null;
}

function passes(error: unknown): boolean {
  if (error instanceof cassandra.errors.ResponseError) return passing.has(error.code);
  if (error instanceof cassandra.errors.NoHostAvailableError) {
    // A host that answers with a refusal will refuse again.
    return Object.values(error.innerErrors ?? {}).every((e) => !(e instanceof cassandra.errors.AuthenticationError));
  }
  // The driver's mark on a plain Error: the connection was lost under a request that went nowhere else.
  if (error instanceof Error && 'isSocketError' in error && error.isSocketError === true) return true;
  return (
    error instanceof cassandra.errors.OperationTimedOutError || error instanceof cassandra.errors.BusyConnectionError
  );
}

function reason(error: unknown): string {
  // The driver's own message says "see innerErrors", with a stack.
  if (error instanceof cassandra.errors.NoHostAvailableError) {
    const inner = Object.entries(error.innerErrors ?? {}).map(([host, e]) => `${host}: ${messageOf(e)}`);
    return `no host takes the request${inner.length === 0 ? '' : ` (${inner.join('; ')})`}`;
  }
  return messageOf(error);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
