/** Connections to Temporal and what the line needs registered there. */
import { Client, type ConnectionLike } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { searchAttributeTypes } from '../workflows/search-attribute-types.ts';

/** Where Temporal is, and in which namespace. */
export interface TemporalTarget {
  /** `host:port` of a server without TLS; null: as Temporal's own environment variables and files say. */
  readonly address: string | null;
  /** Where this process serves its metrics for Prometheus, `ip:port`; default null: nowhere. */
  readonly metricsAddress?: string | null;
}

export interface TemporalAccess {
  readonly connection: NativeConnection;
  readonly client: Client;
  readonly namespace: string;
}

/** Where the runtime of this process serves metrics; undefined while there is no runtime. */
let servedMetrics: string | null | undefined;

/**
 * Connects for worker and client. The first connection of a process decides where its metrics are served. Throws when the server does
 * not answer, naming the address, and when metrics cannot be served.
 */
export async function connectTemporal(target: TemporalTarget): Promise<TemporalAccess> {
  installRuntime(target.metricsAddress ?? null);
  const configured = target.address === null ? loadClientConnectConfig() : null;
  const options = configured?.connectionOptions ?? { address: target.address! };
  const namespace = configured?.namespace ?? 'default';
  try {
    const connection = await NativeConnection.connect(options);
    return {
      connection,
      client: new Client({ connection: connection as unknown as ConnectionLike, namespace }),
      namespace,
    };
  } catch (error) {
    throw new Error(`cannot reach Temporal at ${options.address ?? 'localhost:7233'}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function installRuntime(metricsAddress: string | null): void {
  if (servedMetrics !== undefined) {
    if (metricsAddress === null || metricsAddress === servedMetrics) return;
    throw new Error(`metrics cannot be served at ${metricsAddress}: this process serves ${servedMetrics ?? 'none'}`);
  }
  const telemetryOptions = metricsAddress === null ? {} : { metrics: { prometheus: { bindAddress: metricsAddress } } };
  try {
    // Signals are the caller's: it has more to stop than the worker.
    Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [], telemetryOptions });
  } catch (error) {
    throw new Error(`metrics cannot be served at ${metricsAddress}: ${(error as Error).message}`, { cause: error });
  }
  servedMetrics = metricsAddress;
}

const indexedValueTypes = { KEYWORD: 2, INT: 3, KEYWORD_LIST: 7 } as const;

/** Registers the search attributes that the namespace lacks. Throws, naming them, when the server refuses. */
export async function registerSearchAttributes({ connection, namespace }: TemporalAccess): Promise<void> {
  const { operatorService } = connection;
  const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
  const missing = Object.entries(searchAttributeTypes).filter(([name]) => !(name in (customAttributes ?? {})));
  if (missing.length === 0) return;
  try {
    await operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(missing.map(([name, type]) => [name, indexedValueTypes[type]])),
    });
  } catch (error) {
    if (/already exists/i.test((error as Error).message)) return;
    const names = missing.map(([name, type]) => `${name} (${type})`).join(', ');
    throw new Error(
      `cannot register the search attributes ${names} in namespace ${namespace}: ${(error as Error).message}`,
    );
  }
}
