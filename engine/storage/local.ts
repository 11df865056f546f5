/**
 * An object store on local folders.
 *
 * Every write goes to an invisible temporary file first and is made durable before it gets its name, so a crash leaves the
 * old object, the new one, or an invisible file, never a part of an object.
 *
 * What the system answers from memory is asked for at once, since going through the runtime's few file threads costs more than
 * reading or writing some kilobytes; what waits for the disk goes through them.
 */
import { randomUUID } from 'node:crypto';
import {
  closeSync,
  fsync,
  linkSync,
  mkdirSync,
  openAsBlob,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { MemoryBlob } from './memory-blob.ts';
import { type ObjectInfo, ObjectNotFound, type ObjectStore } from './object-store.ts';

/** How many files are examined before others get a turn while listing. */
const statsInARow = 256;

/** Up to this size a blob is read whole. */
const smallBlobBytes = 256 * 1024;

const sync = promisify(fsync);

/**
 * The store whose objects are the files under `root` (created on first write). Names that start with `.` are never
 * listed. Errors of the file system keep their `code` (ENOSPC, EACCES, …) and name the path.
 */
export function localStore(root: string): ObjectStore {
  const folder = resolve(root);
  const locate = (path: string) => join(folder, checked(path));

  return {
    root: folder,
    get: (path) =>
      reading(path, async () => {
        const file = locate(path);
        // Asked first: what may be there soon is looked for again and again, and an error of the system takes longer to make.
        if (statOf(file) === undefined) throw new ObjectNotFound(path);
        return readFileSync(file);
      }),
    blob: (path) =>
      reading(path, async () => {
        const file = locate(path);
        return statSync(file).size > smallBlobBytes ? openAsBlob(file) : new MemoryBlob(readFileSync(file));
      }),
    put: (path, bytes) =>
      naming(path, () => withTemporary(locate(path), bytes, (temporary) => renameSync(temporary, locate(path)))),
    putIfAbsent: async (path, bytes) => {
      try {
        await naming(path, () =>
          withTemporary(locate(path), bytes, (temporary) => {
            linkSync(temporary, locate(path));
            unlinkSync(temporary);
          }),
        );
        return true;
      } catch (error) {
        if (codeOf(error) === 'EEXIST') return false;
        throw error;
      }
    },
    list: (prefix, startAfter) => naming(prefix, () => listFolder(folder, prefix.replace(/\/+$/, ''), startAfter)),
    head: (path) => naming(path, async () => infoOf(path, locate(path))),
    delete: (path) => naming(path, () => rm(locate(path), { force: true })),
  };
}

/** Refuses paths that would leave the root or that would be invisible to `list`. */
function checked(path: string): string {
  if (path.split('/').some((segment) => segment === '' || segment.startsWith('.')) || path.includes('\0')) {
    throw new Error(`not a path of an object store: ${JSON.stringify(path)}`);
  }
  return path;
}

/** Writes a durable temporary file beside `target`, lets `publish` give it its name, and makes the name durable. */
async function withTemporary(target: string, bytes: Uint8Array, publish: (temporary: string) => void): Promise<void> {
  const folder = dirname(target);
  const temporary = join(folder, `.${basename(target)}.${randomUUID()}.tmp`);
  const changed = [folder];
  try {
    const file = createIn(folder, temporary, changed);
    try {
      writeFileSync(file, bytes);
      await sync(file);
    } finally {
      closeSync(file);
    }
    publish(temporary);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  await Promise.all(changed.map(syncFolder));
}

/** A new file; adds the folders that got a new folder for it to `changed`. */
function createIn(folder: string, path: string, changed: string[]): number {
  try {
    return openSync(path, 'wx');
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
  const first = mkdirSync(folder, { recursive: true });
  // A folder that is not durable in its parent would take the file with it.
  if (first !== undefined) {
    for (let made = folder; made.length >= first.length; made = dirname(made)) changed.push(dirname(made));
  }
  return openSync(path, 'wx');
}

interface FolderSync {
  readonly now: Promise<void>;
  next?: Promise<void>;
}

const folderSyncs = new Map<string, FolderSync>();

/** Makes the entries of a folder durable: at once, or with all who ask while a sync is under way in the one after it. */
function syncFolder(path: string): Promise<void> {
  const turn = folderSyncs.get(path);
  if (turn === undefined) return beginSync(path);
  turn.next ??= turn.now.catch(() => undefined).then(() => beginSync(path));
  return turn.next;
}

function beginSync(path: string): Promise<void> {
  const turn: FolderSync = { now: syncNow(path) };
  folderSyncs.set(path, turn);
  const end = () => {
    if (folderSyncs.get(path) === turn) folderSyncs.delete(path);
  };
  turn.now.then(end, end);
  return turn.now;
}

async function syncNow(path: string): Promise<void> {
  const folder = openSync(path, 'r');
  try {
    await sync(folder);
  } finally {
    closeSync(folder);
  }
}

async function listFolder(root: string, prefix: string, startAfter: string | undefined): Promise<ObjectInfo[]> {
  const paths: string[] = [];
  const visit = async (folder: string): Promise<void> => {
    const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(nullWhenMissing);
    for (const entry of entries ?? []) {
      if (entry.name.startsWith('.')) continue;
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      const link = entry.isSymbolicLink() ? statOf(join(root, path)) : undefined;
      if ((link ?? entry).isDirectory()) await visit(path);
      else if ((link ?? entry).isFile() && (startAfter === undefined || path > startAfter)) paths.push(path);
    }
  };
  await visit(prefix === '' ? '' : checked(prefix));
  paths.sort();
  const infos: ObjectInfo[] = [];
  for (const [i, path] of paths.entries()) {
    if (i % statsInARow === statsInARow - 1) await setImmediate();
    const info = infoOf(path, join(root, path));
    // A file deleted between the two looks is not there.
    if (info !== null) infos.push(info);
  }
  return infos;
}

function infoOf(path: string, file: string): ObjectInfo | null {
  const stats = statOf(file);
  return stats?.isFile() ? { path, size: stats.size, modifiedMs: Math.floor(stats.mtimeMs) } : null;
}

function statOf(file: string): Stats | undefined {
  return statSync(file, { throwIfNoEntry: false });
}

async function reading<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await naming(path, read);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') throw new ObjectNotFound(path);
    throw error;
  }
}

/** Runs `work`; an error that does not say which path it is about gets the path added. */
async function naming<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Error && !error.message.includes(path)) error.message += ` (${path})`;
    throw error;
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}

function nullWhenMissing(error: unknown): null {
  if (codeOf(error) === 'ENOENT') return null;
  throw error;
}
