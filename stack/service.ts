import { spawn } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { logTail, openLog } from './log-file.ts';
import { identifyProcess, isRunning } from './process-identity.ts';

/** A process that lives no longer than this one. */
export interface RunningService {
  readonly name: string;
  /** The process itself, not the shell that guards it. */
  readonly pid: number;
  /** SIGTERM, then SIGKILL when it does not end within its grace; resolves when it is gone. May be called again. */
  stop(): Promise<void>;
  /** Resolves when the process has ended, whoever ended it. `code` is 128 + n after signal n. */
  readonly exited: Promise<ServiceExit>;
}

export interface ServiceExit {
  readonly code: number | null;
}

export interface ServiceSpec {
  /** For messages: `Cassandra`. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Takes standard output and standard error; the file of the run before is kept as `<logFile>.1`. */
  readonly logFile: string;
  /** Seconds between SIGTERM and SIGKILL. */
  readonly graceSeconds: number;
  readonly cwd?: string;
}

/**
 * The guard: a shell in a session of its own (Ctrl-C in our terminal reaches neither it nor the service), which starts the
 * service and then waits at our end of a pipe. The kernel closes that end whenever we end, also by SIGKILL, so letting go of the
 * pipe is both how we stop a service and what happens when we die. Arguments: grace, command, its arguments. The service's
 * process id is told through the pipe; the last `kill 0` takes the waiting half along, and spares this half by the trap.
 */
const GUARD = `
grace=$1; shift
"$@" 3>&- </dev/null &
service=$!
{ read -r _ <&3; kill -TERM "$service"; sleep "$grace"; kill -KILL "$service"; } 2>/dev/null &
echo "$service" >&3
exec 3>&-
wait "$service"
code=$?
trap '' TERM
kill -TERM 0
exit "$code"`;

/** Starts a process that ends when this process ends, however that happens. Throws when the shell cannot be started. */
export async function startService(spec: ServiceSpec): Promise<RunningService> {
  await predecessorGone(spec);
  const log = await openLog(spec.logFile);
  const guard = spawn('/bin/sh', ['-c', GUARD, spec.name, String(spec.graceSeconds), spec.command, ...spec.args], {
    detached: true,
    stdio: ['ignore', log.fd, log.fd, 'pipe'],
    ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
  });
  const pipe = guard.stdio[3] as Duplex;
  // The far end vanishes with the service; that is reported by 'exit'.
  pipe.on('error', () => undefined);
  // Before anything is awaited: a service that fails at once ends meanwhile, and takes what it wrote along.
  const told = firstNumber(pipe);
  const exited = new Promise<ServiceExit>((resolve, reject) => {
    guard.once('error', reject);
    guard.once('exit', (code) => {
      // If only the guarding shell was killed, this makes its other half end the service.
      void told.then(() => pipe.end());
      resolve({ code });
    });
  });
  // Reported where it is awaited.
  exited.catch(() => undefined);
  await log.close();
  const pid = await told;
  if (pid === null) {
    await exited;
    throw new Error(`${spec.name} could not be started, see ${spec.logFile}\n${await logTail(spec.logFile)}`);
  }
  const identity = await identifyProcess(guard.pid ?? pid);
  if (identity !== null) await writeFile(pidFile(spec), JSON.stringify(identity));
  return {
    name: spec.name,
    pid,
    exited,
    async stop() {
      pipe.end();
      await exited;
    },
  };
}

/**
 * Asks until the service is ready. Throws when it ends before that, or is not ready in time (it is stopped then); the message
 * has the end of its log.
 */
export async function untilReady(
  service: RunningService,
  spec: ServiceSpec,
  timeoutMs: number,
  isReady: () => Promise<boolean>,
): Promise<void> {
  const giveUpAt = Date.now() + timeoutMs;
  const ended: ServiceExit[] = [];
  void service.exited.then((exit) => ended.push(exit));
  const failure = async (what: string): Promise<Error> =>
    new Error(`${spec.name} ${what}; the end of ${spec.logFile}:\n${await logTail(spec.logFile)}`);
  for (;;) {
    const ready = await isReady();
    // Asked even when ready: then it was another process that answered in its place.
    if (ended[0] !== undefined) throw await failure(`ended with code ${ended[0].code} before it was ready`);
    if (ready) return;
    if (Date.now() > giveUpAt) {
      await service.stop();
      throw await failure(`was not ready after ${timeoutMs / 1000} s`);
    }
    await Promise.race([sleep(30), service.exited]);
  }
}

/** Runs a command to its end under the same guard. Throws when it fails, with the end of its output; else leaves no log file. */
export async function runToEnd(spec: ServiceSpec): Promise<void> {
  const { code } = await (await startService(spec)).exited;
  if (code !== 0) {
    throw new Error(
      `${spec.name} failed with code ${code}; the end of ${spec.logFile}:\n${await logTail(spec.logFile)}`,
    );
  }
  await Promise.all([spec.logFile, pidFile(spec)].map((file) => rm(file, { force: true })));
}

/** After a crash of ours the service of the last run may still be on its way out, and must not share its files with a new one. */
async function predecessorGone(spec: ServiceSpec): Promise<void> {
  let identity: { pid: number; startedAt: string };
  try {
    identity = JSON.parse(await readFile(pidFile(spec), 'utf8'));
  } catch {
    return;
  }
  const giveUpAt = Date.now() + (spec.graceSeconds + 5) * 1000;
  while (await isRunning(identity)) {
    if (Date.now() > giveUpAt) {
      throw new Error(`${spec.name} is still running as process group ${identity.pid}, started by another process`);
    }
    await sleep(50);
  }
}

/** The number on the first line, or null when the stream ends without one. */
function firstNumber(pipe: Duplex): Promise<number | null> {
  return new Promise((resolve) => {
    const lines = createInterface({ input: pipe });
    lines.once('line', (line) => resolve(Number(line)));
    lines.once('close', () => resolve(null));
    // A pipe that breaks is closed without having ended.
    pipe.once('close', () => resolve(null));
  });
}

function pidFile(spec: ServiceSpec): string {
  return `${spec.logFile}.pid`;
}
