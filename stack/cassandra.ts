import { access, copyFile, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CassandraPorts, cassandraYaml, javaOptions, LOCAL_DATA_CENTER, LOGBACK_XML } from './cassandra-config.ts';
import { type CassandraCredentials, keptCredentials, settleCredentials } from './cassandra-credentials.ts';
import { type CassandraProgram, cassandraProgram } from './cassandra-program.ts';
import { accepts, keptPorts, portIsFree } from './ports.ts';
import { type RunningService, type ServiceSpec, startService, untilReady } from './service.ts';

export interface CassandraOptions {
  /** An absolute path. Holds `cassandra/` (data, configuration, credentials) and `logs/cassandra.log`. */
  readonly home: string;
  /** Whether the node is to run for minutes only; default false. Fast at once, then slower than one that runs for hours. */
  readonly brief?: boolean | undefined;
  readonly log: (line: string) => void;
}

export interface RunningCassandra extends RunningService, CassandraCredentials {
  /** `host:port` for CQL. */
  readonly contactPoint: string;
  readonly localDc: string;
}

/**
 * Starts one Cassandra node on free ports of 127.0.0.1 and waits until it takes our credentials over CQL. Its data survive in
 * `home`; the password of its superuser is made up at the first start. Throws when Java 17 or Maven is missing, and when the node
 * does not come up, with the end of its log.
 */
export async function startCassandra({ home, brief = false, log }: CassandraOptions): Promise<RunningCassandra> {
  const program = await cassandraProgram(log);
  const folder = join(home, 'cassandra');
  const credentials = await keptCredentials(join(folder, 'credentials.json'));
  await writeFile(join(folder, 'logback.xml'), LOGBACK_XML);
  for (let attempt = 1; ; attempt += 1) {
    const [native = 0, storage = 0] = await keptPorts(join(folder, 'ports.json'), 2);
    try {
      return await startOn({ native, storage }, home, program, credentials, brief);
    } catch (error) {
      const taken = !(await portIsFree(native)) || !(await portIsFree(storage));
      if (!taken || attempt === 3) throw error;
      log(`Cassandra: port ${native} or ${storage} was taken meanwhile, trying others`);
    }
  }
}

async function startOn(
  ports: CassandraPorts,
  home: string,
  program: CassandraProgram,
  credentials: CassandraCredentials,
  isBrief: boolean,
): Promise<RunningCassandra> {
  const folder = join(home, 'cassandra');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'cassandra.yaml'), cassandraYaml(folder, ports));
  const archive = await classArchive(program, folder);
  const spec: ServiceSpec = {
    name: 'Cassandra',
    command: program.java,
    args: [
      ...archive.options,
      ...javaOptions(folder, isBrief),
      ...['-cp', program.classPath, 'org.apache.cassandra.service.CassandraDaemon'],
    ],
    logFile: join(home, 'logs', 'cassandra.log'),
    graceSeconds: 20,
    cwd: folder,
  };
  const service = await startService(spec);
  await untilReady(
    service,
    spec,
    180_000,
    async () => (await accepts('127.0.0.1', ports.native)) && settleCredentials(ports.native, credentials),
  );
  return {
    ...service,
    ...credentials,
    contactPoint: `127.0.0.1:${ports.native}`,
    localDc: LOCAL_DATA_CENTER,
    async stop() {
      await service.stop();
      // After a kill there may be half an archive.
      if ((await service.exited).code === 128 + SIGTERM) await archive.keep();
    },
  };
}

const SIGTERM = 15;

interface ClassArchive {
  readonly options: readonly string[];
  /** Called after an orderly end: hands what this run has written to all later ones. */
  keep(): Promise<void>;
}

/**
 * Class data sharing: the first run on this machine writes the classes it loaded into an archive when it ends, and later starts
 * map it: 1 s of wall time and 1.6 s of processor time less. Java ignores an archive that does not fit.
 */
async function classArchive(program: CassandraProgram, folder: string): Promise<ClassArchive> {
  const quiet = ['-Xlog:cds=off', '-Xlog:cds+dynamic=off'];
  try {
    await access(program.classArchive);
    return { options: [`-XX:SharedArchiveFile=${program.classArchive}`, ...quiet], keep: async () => undefined };
  } catch {
    const written = join(folder, 'classes.jsa');
    return {
      options: [`-XX:ArchiveClassesAtExit=${written}`, ...quiet],
      async keep() {
        const aside = `${program.classArchive}.${process.pid}`;
        try {
          await copyFile(written, aside);
          await rename(aside, program.classArchive);
        } catch {
          // A slower start next time is all that is lost.
          await rm(aside, { force: true });
        }
        await rm(written, { force: true });
      },
    };
  }
}
