/** A lake in memory that fails at a chosen write: what a full disk, a lost answer, or the end of the process look like to callers. */

import { ObjectNotFound, type ObjectStore } from '../../engine/storage/object-store.ts';
import { openStore } from '../../engine/storage/open.ts';

/**
 * `full`: the write fails with ENOSPC and leaves nothing. `unanswered`: the write succeeds and its caller is told that it failed.
 * `crash`: as `unanswered`, and every later call fails: whatever ran has come to its end.
 */
export const faultKinds = ['full', 'unanswered', 'crash'] as const;
export type FaultKind = (typeof faultKinds)[number];

/** Fails the write numbered `write`, counted from 0. */
export interface Fault {
  readonly kind: FaultKind;
  readonly write: number;
  /** Of `full`: also every later write, until the next `arm`. */
  readonly stays?: boolean;
}

/** What a lake holds: path → bytes. */
export type Objects = ReadonlyMap<string, Uint8Array>;

export interface FaultyStore {
  /** Paths written, or tried to, since the last `arm`. */
  readonly writes: readonly string[];
  /** Every write waits for it. */
  beforeWrite: (path: string) => Promise<void>;
  /** Sets the next fault, or none, and counts writes from 0 again. */
  arm(fault: Fault | null): void;
}

/**
 * Puts itself in place of a lake's store, for everybody in this process who opens that lake, compute tasks included. In memory,
 * so that thousands of faults cost no disk; the same contract on files is tested with `engine/storage`. Two addresses over the
 * same objects are one lake seen by two processes.
 */
export function faultyStore(lakeRoot: string, objects: Map<string, Uint8Array>): FaultyStore {
  let armed: Fault | null = null;
  let dead = false;
  let writes: string[] = [];
  const faulty: FaultyStore = {
    get writes() {
      return writes;
    },
    beforeWrite: async () => undefined,
    arm: (fault) => {
      armed = fault;
      dead = false;
      writes = [];
    },
  };
  const alive = (): void => {
    if (dead) throw new Error('the process has ended');
  };
  const writing = async <T>(path: string, write: () => T): Promise<T> => {
    alive();
    await faulty.beforeWrite(path);
    alive();
    const number = writes.push(path) - 1;
    if (armed === null || (armed.stays ? number < armed.write : number !== armed.write)) return write();
    if (armed.kind === 'full') {
      throw Object.assign(new Error(`ENOSPC: no space left on device (${path})`), { code: 'ENOSPC' });
    }
    dead = armed.kind === 'crash';
    write();
    throw new Error(`no answer (${path})`);
  };
  const found = (path: string): Uint8Array => {
    alive();
    const bytes = objects.get(path);
    if (bytes === undefined) throw new ObjectNotFound(path);
    return bytes;
  };
  const info = (path: string) => ({ path, size: objects.get(path)?.length ?? 0, modifiedMs: 0 });
  const calls: Omit<ObjectStore, 'root'> = {
    get: async (path) => found(path),
    blob: async (path) => new Blob([found(path)]),
    put: (path, bytes) => writing(path, () => void objects.set(path, bytes.slice())),
    putIfAbsent: (path, bytes) =>
      writing(path, () => {
        if (objects.has(path)) return false;
        objects.set(path, bytes.slice());
        return true;
      }),
    list: async (prefix, startAfter = '') => {
      alive();
      return [...objects.keys()]
        .filter((path) => path.startsWith(`${prefix}/`) && path > startAfter)
        .sort()
        .map(info);
    },
    head: async (path) => {
      alive();
      return objects.has(path) ? info(path) : null;
    },
    delete: async (path) => {
      alive();
      objects.delete(path);
    },
  };
  Object.assign(openStore(lakeRoot), calls);
  return faulty;
}
