import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { accepts, keptPorts, portIsFree } from './ports.ts';
import { type RunningService, type ServiceSpec, startService, untilReady } from './service.ts';
import { temporalBinary } from './temporal-binary.ts';

/** The types a search attribute can have. */
export type SearchAttributeType = 'Text' | 'Keyword' | 'Int' | 'Double' | 'Bool' | 'Datetime' | 'KeywordList';

export interface TemporalOptions {
  /** An absolute path. Holds `temporal.db`, the server's whole state, and `logs/temporal.log`. */
  readonly home: string;
  /** Created when missing; the default is `default`. */
  readonly namespace?: string;
  /** Registered in every namespace when missing. */
  readonly searchAttributes?: Readonly<Record<string, SearchAttributeType>>;
  readonly log: (line: string) => void;
}

export interface RunningTemporal extends RunningService {
  /** `host:port` of the gRPC frontend. */
  readonly address: string;
  readonly uiUrl: string;
}

/**
 * Starts Temporal's development server with its Web UI on free ports of 127.0.0.1 and waits until the namespace answers. Its
 * state survives in `home`. Throws when the CLI cannot be had (see `temporalBinary`) or the server does not come up, with the end
 * of its log.
 */
export async function startTemporal(options: TemporalOptions): Promise<RunningTemporal> {
  const binary = await temporalBinary(options.log);
  await mkdir(options.home, { recursive: true });
  for (let attempt = 1; ; attempt += 1) {
    const [port = 0, uiPort = 0] = await keptPorts(join(options.home, 'temporal.ports.json'), 2);
    try {
      return await startOn(port, uiPort, binary, options);
    } catch (error) {
      const taken = !(await portIsFree(port)) || !(await portIsFree(uiPort));
      if (!taken || attempt === 3) throw error;
      options.log(`Temporal: port ${port} or ${uiPort} was taken meanwhile, trying others`);
    }
  }
}

async function startOn(
  port: number,
  uiPort: number,
  binary: string,
  { home, namespace = 'default', searchAttributes = {} }: TemporalOptions,
): Promise<RunningTemporal> {
  const spec: ServiceSpec = {
    name: 'Temporal',
    command: binary,
    args: [
      ...['server', 'start-dev', '--db-filename', join(home, 'temporal.db'), '--ip', '127.0.0.1'],
      ...['--port', String(port), '--ui-port', String(uiPort), '--headless=false', '--log-level', 'error'],
      // A third less processor time than with SQLite's own settings; what was committed survives the end of the process, if not that of the machine.
      ...['--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=normal'],
      // It has one shard, and a shard reads its tasks 20 times a second: every step of a workflow would wait for that after the first second.
      ...['--dynamic-config-value', 'history.transferProcessorMaxPollRPS=1000'],
      ...(namespace === 'default' ? [] : ['--namespace', namespace]),
      ...Object.entries(searchAttributes).flatMap(([name, type]) => ['--search-attribute', `${name}=${type}`]),
    ],
    logFile: join(home, 'logs', 'temporal.log'),
    graceSeconds: 10,
  };
  const service = await startService(spec);
  const address = `127.0.0.1:${port}`;
  await untilReady(
    service,
    spec,
    60_000,
    async () => (await accepts('127.0.0.1', port)) && answers(address, namespace),
  );
  return { ...service, address, uiUrl: `http://127.0.0.1:${uiPort}` };
}

async function answers(address: string, namespace: string): Promise<boolean> {
  try {
    const connection = await Connection.connect({ address, connectTimeout: 2000 });
    try {
      await connection.workflowService.describeNamespace({ namespace });
      return true;
    } finally {
      await connection.close();
    }
  } catch {
    return false;
  }
}
