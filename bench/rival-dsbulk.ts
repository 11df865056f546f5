/** The rival in loading: DSBulk, DataStax's bulk loader for Cassandra, on a CSV file. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheFolder, installOnce } from '../stack/cache.ts';
import { CASSANDRA_HELP, findJava } from '../stack/cassandra-program.ts';
import { findOnPath } from '../stack/program.ts';
import { runToEnd } from '../stack/service.ts';

const version = '1.10.0';
const modules = ['runner', 'workflow-load', 'connectors-csv', 'codecs-text', 'batcher-reactor', 'executor-reactor'];

/** Where to load what. `csv` has a header with the names of the table's columns. */
export interface DsbulkLoad {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly keyspace: string;
  readonly table: string;
  readonly csv: string;
}

/**
 * Loads a CSV file with DSBulk's defaults. `ms` is the whole run, the start of its Java included, as a user would wait for it;
 * `rows` is what it reports as written. Its jars are downloaded with Maven the first time. Throws when Java or Maven is
 * missing, when DSBulk fails, or when it rejects a row.
 */
export async function runDsbulk(
  load: DsbulkLoad,
  log: (line: string) => void = () => {},
): Promise<{ ms: number; rows: number }> {
  const java = await findJava();
  if (java === null) throw new Error(`DSBulk needs Java; ${CASSANDRA_HELP}`);
  const lib = join(await installOnce(`dsbulk-${version}`, log, (target) => download(target, log)), 'lib');
  const jars = (await readdir(lib)).filter((file) => file.endsWith('.jar')).sort();
  const work = await mkdtemp(join(tmpdir(), 'dsbulk-'));
  try {
    // In a file, because arguments of a process can be read by everyone on the machine.
    const config = join(work, 'load.conf');
    await writeFile(config, configuration(load, work), { mode: 0o600 });
    const started = performance.now();
    const { code, output } = await run(java.path, [
      ...['-Xmx1g', '-cp', jars.map((jar) => join(lib, jar)).join(':')],
      ...['com.datastax.oss.dsbulk.runner.DataStaxBulkLoader', 'load', '-f', config],
    ]);
    const ms = performance.now() - started;
    // It reports while it runs; the last report is the result.
    const reports = [...output.matchAll(/total \| failed[^\n]*[\r\n]+\s*([\d,]+) \|\s*([\d,]+)/g)];
    const [, total, failed] = reports.at(-1) ?? [];
    if (code !== 0 || total === undefined || failed !== '0') {
      throw new Error(`DSBulk failed to load ${load.csv} (exit ${code}):\n${output.slice(-2000)}`);
    }
    return { ms, rows: Number(total.replaceAll(',', '')) };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function configuration({ host, port, username, password, keyspace, table, csv }: DsbulkLoad, work: string): string {
  const settings = {
    'connector.name': 'csv',
    'connector.csv.url': csv,
    'connector.csv.header': true,
    'schema.keyspace': keyspace,
    'schema.table': table,
    // The table has columns of the speed layer besides those of the mart.
    'schema.allowMissingFields': true,
    'driver.basic.contact-points': [`${host}:${port}`],
    'driver.advanced.auth-provider.class': 'PlainTextAuthProvider',
    'driver.advanced.auth-provider.username': username,
    'driver.advanced.auth-provider.password': password,
    'log.directory': join(work, 'logs'),
    'monitoring.console': true,
  };
  // HOCON: a quoted JSON text is a value; the driver's own settings live outside "dsbulk".
  return Object.entries(settings)
    .map(([name, value]) => {
      const path = name.startsWith('driver.') ? `datastax-java-driver.${name.slice(7)}` : `dsbulk.${name}`;
      return `${path} = ${JSON.stringify(value)}\n`;
    })
    .join('');
}

function run(command: string, args: readonly string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}

async function download(target: string, log: (line: string) => void): Promise<void> {
  const maven = await findOnPath('mvn');
  if (maven === null)
    throw new Error(`DSBulk ${version} is downloaded with Maven, but mvn is not on PATH; ${CASSANDRA_HELP}`);
  log(`downloading DSBulk ${version} (once)…`);
  await mkdir(target, { recursive: true });
  const pom = join(target, 'pom.xml');
  await writeFile(pom, project());
  await runToEnd({
    name: 'mvn dependency:copy-dependencies',
    command: maven,
    args: [
      ...['--batch-mode', '--quiet', '--no-transfer-progress', '--file', pom],
      'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies',
      ...[`-DoutputDirectory=${join(target, 'lib')}`, '-DincludeScope=runtime'],
    ],
    logFile: join(cacheFolder(), 'logs', `maven-dsbulk-${process.pid}.log`),
    graceSeconds: 5,
  });
  await rm(pom);
}

function project(): string {
  const artifact = (group: string, name: string, v: string): string =>
    `<dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${v}</version></dependency>`;
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>cpa</groupId>
  <artifactId>dsbulk</artifactId>
  <version>1</version>
  <dependencies>
    ${modules.map((name) => artifact('com.datastax.oss', `dsbulk-${name}`, version)).join('\n    ')}
    ${artifact('ch.qos.logback', 'logback-classic', '1.2.13')}
  </dependencies>
</project>
`;
}
