import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder, installOnce } from './cache.ts';
import { answerOf, findOnPath } from './program.ts';
import { runToEnd } from './service.ts';

/** The version that is downloaded and started. */
export const CASSANDRA_VERSION = '5.0.6';

/** Where the cache keeps it. */
export const CASSANDRA_FOLDER = `cassandra-${CASSANDRA_VERSION}`;

/** How to get what `cassandraProgram` needs. */
export const CASSANDRA_HELP =
  'install Java 17 and Maven (Debian: apt-get install openjdk-17-jre-headless maven; macOS: brew install openjdk@17 maven), ' +
  'or set CASSANDRA_CONTACT_POINTS to a Cassandra that runs';

export interface CassandraProgram {
  /** The Java executable, of version 17. */
  readonly java: string;
  /** Every jar, in a fixed order: the class archive below is only valid for the same class path. */
  readonly classPath: string;
  /** Where a class data archive made by this Java from these jars belongs. */
  readonly classArchive: string;
}

/**
 * Java and Cassandra's jars, which Maven downloads into the cache the first time. Throws with `CASSANDRA_HELP` when Java 17 is
 * missing, or Maven is needed and missing.
 */
export async function cassandraProgram(log: (line: string) => void): Promise<CassandraProgram> {
  const found = await findJava();
  if (found === null || found.major !== 17) {
    const what = found === null ? 'no java found' : `${found.path} is Java ${found.major}`;
    throw new Error(`Cassandra ${CASSANDRA_VERSION} needs Java 17, but ${what}; ${CASSANDRA_HELP}`);
  }
  const folder = await installOnce(CASSANDRA_FOLDER, log, (target) => download(target, log));
  const lib = join(folder, 'lib');
  const jars = (await readdir(lib)).filter((file) => file.endsWith('.jar')).sort();
  return {
    java: found.path,
    classPath: jars.map((jar) => join(lib, jar)).join(':'),
    classArchive: join(folder, `classes-${found.version}.jsa`),
  };
}

/** The Java of `JAVA_HOME`, else of `PATH`, with its version; null when there is none that answers. */
export async function findJava(): Promise<{ path: string; version: string; major: number } | null> {
  const path = process.env.JAVA_HOME ? join(process.env.JAVA_HOME, 'bin', 'java') : await findOnPath('java');
  if (path === null) return null;
  const version = /version "([^"]+)"/.exec((await answerOf(path, ['-version'])) ?? '')?.[1];
  return version === undefined ? null : { path, version, major: Number.parseInt(version, 10) };
}

/** Maven resolves the jars from a project that has Cassandra as its one dependency. */
async function download(target: string, log: (line: string) => void): Promise<void> {
  const maven = await findOnPath('mvn');
  if (maven === null) {
    throw new Error(
      `Cassandra ${CASSANDRA_VERSION} is downloaded with Maven, but mvn is not on PATH; ${CASSANDRA_HELP}`,
    );
  }
  log(`downloading Cassandra ${CASSANDRA_VERSION} (about 66 MB, once)…`);
  const pom = join(target, 'pom.xml');
  await mkdir(target, { recursive: true });
  await writeFile(pom, POM);
  await runToEnd({
    name: 'mvn dependency:copy-dependencies',
    command: maven,
    args: [
      ...['--batch-mode', '--quiet', '--no-transfer-progress', '--file', pom],
      ...['org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies'],
      ...[`-DoutputDirectory=${join(target, 'lib')}`, '-DincludeScope=runtime'],
    ],
    logFile: join(cacheFolder(), 'logs', `maven-${process.pid}.log`),
    graceSeconds: 5,
  });
  await rm(pom);
}

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>cpa</groupId>
  <artifactId>cassandra</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.cassandra</groupId>
      <artifactId>cassandra-all</artifactId>
      <version>${CASSANDRA_VERSION}</version>
    </dependency>
  </dependencies>
</project>
`;
