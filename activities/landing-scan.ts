/** The event files of a landing zone, and which of them may hold something new. */
import { lstatSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { KnownFile } from './compute/measure-files.ts';
import { eventsFolder, isEventFileName, isFolderName, isGzip } from './landing-names.ts';
import type { ConsumedFile, LandingState } from './landing-state.ts';

export interface FoundFile {
  /** Path relative to the landing zone, with `/`. */
  readonly file: string;
  /** Bytes on disk; null for what stands in the place of an event file and cannot be read: reading it says why. */
  readonly size: number | null;
  readonly modifiedUs: number;
}

/** Files looked at in one go. The system answers from memory: handing each question to another thread takes eight times as long. */
const slice = 1000;
/** Folders being listed at a time. */
const listing = 16;

/**
 * All event files, in no order. Folders are walked, links to folders are not. A folder that cannot be listed is among the files,
 * without a size; throws when that is the folder of the events itself. No such folder: no files.
 */
export async function scanLanding(landing: string): Promise<FoundFile[]> {
  const found: FoundFile[] = [];
  const folders = [eventsFolder];
  let looked = 0;
  while (folders.length > 0) {
    const lists = await Promise.all(folders.splice(-listing).map((folder) => entriesOf(landing, folder, found)));
    for (const { name, folder, isFolder } of lists.flat()) {
      const file = `${folder}/${name}`;
      if (isFolder && isFolderName(name)) folders.push(file);
      if (!isEventFileName(name)) continue;
      if (++looked % slice === 0) await setImmediate();
      const seen = look(landing, file);
      if (seen !== null) found.push(seen);
    }
  }
  return found;
}

/** Of the files found, those that may hold something new, oldest first: all but those whose size and time are as consumed. */
export function changedFiles(found: readonly FoundFile[], { files }: Pick<LandingState, 'files'>): KnownFile[] {
  return found
    .filter((f) => !isConsumed(f, files.get(f.file) ?? null))
    .sort((a, b) => a.modifiedUs - b.modifiedUs || (a.file < b.file ? -1 : 1))
    .map(({ file }) => ({ file, consumed: files.get(file) ?? null }));
}

/**
 * What `changedFiles` of a scan would give, of the files named alone (relative to the landing zone): looks at no others. Names
 * that are no input, or of which there is no file, are left out.
 */
export async function changedAmong(
  landing: string,
  names: readonly string[],
  state: Pick<LandingState, 'files'>,
): Promise<KnownFile[]> {
  const found: FoundFile[] = [];
  const walked = new Map([[eventsFolder, true]]);
  let looked = 0;
  for (const file of new Set(names)) {
    if (++looked % slice === 0) await setImmediate();
    const cut = file.lastIndexOf('/');
    if (!isEventFileName(file.slice(cut + 1)) || !isWalked(landing, file.slice(0, Math.max(0, cut)), walked)) continue;
    const seen = look(landing, file);
    if (seen !== null) found.push(seen);
  }
  return changedFiles(found, state);
}

function isConsumed({ file, size, modifiedUs }: FoundFile, consumed: ConsumedFile | null): boolean {
  if (size === null || consumed === null || modifiedUs !== consumed.modifiedUs) return false;
  // Positions in a compressed file are none on disk. Where a part was left or waits, no size was recorded.
  return size === (isGzip(file) ? consumed.fileSize : consumed.toByte);
}

interface Entry {
  readonly folder: string;
  readonly name: string;
  readonly isFolder: boolean;
}

async function entriesOf(landing: string, folder: string, found: FoundFile[]): Promise<Entry[]> {
  try {
    const entries = await readdir(join(landing, folder), { withFileTypes: true });
    return entries.map((entry) => ({ folder, name: entry.name, isFolder: entry.isDirectory() }));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const isTop = folder === eventsFolder;
    if (code === 'ENOENT' || (code === 'ENOTDIR' && !isTop)) return [];
    if (isTop) throw error;
    found.push({ file: folder, size: null, modifiedUs: 0 });
    return [];
  }
}

/** Null when there is nothing in that place. */
function look(landing: string, file: string): FoundFile | null {
  const path = join(landing, file);
  try {
    const stats = statSync(path);
    return { file, size: stats.isFile() ? stats.size : null, modifiedUs: Math.floor(stats.mtimeMs * 1000) };
  } catch {
    // A link that leads nowhere is there; so is a file whose name is not UTF-8, which cannot be asked for.
    const isThere = file.includes('\ufffd') || lstatSync(path, { throwIfNoEntry: false }) !== undefined;
    return isThere ? { file, size: null, modifiedUs: 0 } : null;
  }
}

/** Whether a scan comes into the folder; remembers its answers in `walked`. */
function isWalked(landing: string, folder: string, walked: Map<string, boolean>): boolean {
  const known = walked.get(folder);
  if (known !== undefined) return known;
  const cut = folder.lastIndexOf('/');
  const is =
    cut > 0 &&
    isFolderName(folder.slice(cut + 1)) &&
    isWalked(landing, folder.slice(0, cut), walked) &&
    lstatSync(join(landing, folder), { throwIfNoEntry: false })?.isDirectory() === true;
  walked.set(folder, is);
  return is;
}
