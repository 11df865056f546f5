/** The lines of the landing zone that rows were read from. */
import { isUtf8 } from 'node:buffer';
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { contentHash } from '../../activities/compute/content-hash.ts';
import { LandingFile } from '../../activities/compute/landing-file.ts';
import { isEventFileName, isGzip } from '../../activities/landing-names.ts';
import { landedOf } from '../../activities/redrive/landed.ts';
import { loadedSnapshots } from '../../activities/snapshots.ts';
import type { Lake } from '../../engine/delta/lake.ts';
import { masters } from '../../schemas/bronze.ts';

/** Where a line stands. */
export interface Place {
  /** Relative to the landing zone. */
  readonly file: string;
  readonly generation: number;
  readonly offset: number;
  /** Bytes of the line, without its line end. */
  readonly length: number;
  /** The event that it states; null for a line in which none was found. Of masters it is not looked at. */
  readonly eventId: string | null;
}

/** A line as it is now, `raw` null where it is not to be had. */
export interface LandingLine {
  /** `there`, or why it is not. */
  readonly state: string;
  readonly raw: string | null;
}

/** Bytes of a line that are given out. */
const mostBytes = 8192;
/** Files that are read whole to be recognised: masters, and compressed ones. */
const mostWholeBytes = 32 * 1024 * 1024;

/**
 * The line at each place, where its file still is the generation that was read: an event file that begins and ends with what was
 * consumed of it, a master with the content that was loaded. Only files in the landing zone itself are opened.
 */
export async function landingLines(lake: Lake, landing: string, places: readonly Place[]): Promise<LandingLine[]> {
  const isSame = await recognising(lake, places);
  const lines = new Array<LandingLine>(places.length);
  const byGeneration = new Map<string, number[]>();
  for (const [i, { file, generation }] of places.entries()) {
    const key = `${generation} ${file}`;
    byGeneration.set(key, [...(byGeneration.get(key) ?? []), i]);
  }
  for (const numbers of byGeneration.values()) {
    const read = readLines(
      landing,
      numbers.map((i) => places[i]!),
      isSame,
    );
    for (const [at, i] of numbers.entries()) lines[i] = read[at]!;
  }
  return lines;
}

/** Whether a file is the generation of a place. */
type Recognise = (path: string, place: Place, file: LandingFile) => boolean;

async function recognising(lake: Lake, places: readonly Place[]): Promise<Recognise> {
  const landed = await landedOf(lake, new Set(places.map(({ file }) => file)));
  const loaded = new Map<string, string>();
  for (const { file, contract } of masters.filter((master) => places.some((place) => place.file === master.file))) {
    for (const { generation, hash } of await loadedSnapshots(lake, contract.name))
      loaded.set(`${generation} ${file}`, hash);
  }
  return (path, { file: name, generation }, file) => {
    const hash = loaded.get(`${generation} ${name}`);
    if (hash !== undefined) return contentHash(readFileSync(path)) === hash;
    const consumed = landed.consumed(name, generation);
    if (consumed === null || file.size < consumed.toByte) return false;
    const { headHash, tailHash } = file.blockHashes(consumed.toByte);
    return headHash === consumed.headHash && tailHash === consumed.tailHash;
  };
}

/** Lines of one generation of one file. */
function readLines(landing: string, places: readonly Place[], isSame: Recognise): LandingLine[] {
  const [place] = places;
  const path = pathIn(landing, place!.file);
  const none = (state: string): LandingLine[] => places.map(() => ({ state, raw: null }));
  if (path === null) return none('gone');
  if (path === 'outside') return none('not a file of the landing zone');
  const isWhole = isGzip(place!.file) || !isEventFileName(baseName(place!.file));
  if (isWhole && statSync(path).size > mostWholeBytes) return none('too large to look into');
  let file: LandingFile;
  try {
    file = new LandingFile(landing, place!.file);
  } catch (error) {
    return none(
      (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'gone' : `unreadable: ${(error as Error).message}`,
    );
  }
  try {
    if (!isSame(path, place!, file)) return none('replaced: the file has other content now');
    return places.map((p) => lineAt(file, p));
  } finally {
    file.close();
  }
}

function lineAt(file: LandingFile, { file: name, offset, length, eventId }: Place): LandingLine {
  const isEvents = isEventFileName(baseName(name));
  if (offset + length > file.size) return { state: 'replaced: the file has other content now', raw: null };
  const bytes = Buffer.from(file.bytes(offset, offset + length));
  if (eventId !== null && isEvents && !states(bytes, eventId)) return { state: 'another line stands there', raw: null };
  const shown = bytes.subarray(0, mostBytes);
  // A character that the cut goes through is left out.
  const text = isUtf8(bytes) ? new TextDecoder().decode(shown, { stream: true }) : `0x${shown.toString('hex')}`;
  return { state: 'there', raw: text };
}

function states(line: Buffer, eventId: string): boolean {
  if (line.includes(eventId)) return true;
  try {
    // It may be written with escapes.
    return String((JSON.parse(line.toString()) as { event_id?: unknown } | null)?.event_id).trim() === eventId;
  } catch {
    return false;
  }
}

/** The path of a landing file; null when there is none, `outside` for what is no input or leads out of the landing zone. */
function pathIn(landing: string, file: string): string | 'outside' | null {
  const isInput = masters.some((master) => master.file === file) || isEventFileName(baseName(file));
  if (!isInput || file.split('/').includes('..')) return 'outside';
  try {
    const path = realpathSync(join(landing, file));
    return path.startsWith(realpathSync(landing) + sep) ? path : 'outside';
  } catch {
    return null;
  }
}

function baseName(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1);
}
