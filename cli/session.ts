/** The session of a command with Temporal. */
import type { Config } from '../worker/config.ts';
import { connectTemporal, type TemporalAccess } from '../worker/temporal.ts';
import { localStack } from './local-stack.ts';

/** Temporal as configured, else of the running local stack. Throws saying how to get one. */
export async function temporalFor(config: Config): Promise<TemporalAccess & { readonly taskQueue: string }> {
  if (config.temporalConfigured) {
    return { ...(await connectTemporal({ address: null })), taskQueue: config.taskQueue };
  }
  const stack = localStack(config.home);
  if (stack === null) {
    throw new Error('no Temporal: start the stack with `cpa up` or `npm start`, or set TEMPORAL_ADDRESS');
  }
  return { ...(await connectTemporal({ address: stack.temporalAddress })), taskQueue: stack.taskQueue };
}
