/** A mart as it is served at one moment: a version of the mart, and of the increments that are served in its rows. */
import type { Lake } from '../engine/delta/lake.ts';
import { partitionKey } from '../engine/delta/partitions.ts';
import type { AddFile, Snapshot } from '../engine/delta/types.ts';
import { bronzeUsageEvents } from '../schemas/bronze.ts';
import { consumedId, type TableContract } from '../schemas/contract.ts';
import type { ServedMart } from './cql-type.ts';

/** The versions that make a served snapshot. */
export interface Pins {
  /** Of the mart; −1 while it was never built. */
  readonly version: number;
  /** Of its increments; null while there are none. */
  readonly speedVersion: number | null;
}

export interface ServedSnapshot {
  readonly batch: Snapshot | null;
  readonly speed: Snapshot | null;
}

/** One partition of a served snapshot. */
export interface ServedPart {
  /** Value of the mart's one partition column, as the log has it. */
  readonly value: string | null;
  /** The mart's files. */
  readonly files: readonly AddFile[];
  /** Files of increments that the mart has not consumed, or not all of them. */
  readonly increments: readonly AddFile[];
  /** The Bronze version that the mart's rows were made from; −1 without one. */
  readonly consumed: number;
  /** Version of the increments. */
  readonly speedVersion: number;
}

/**
 * The newest snapshot. The increments are looked at first: those that are not there any more have been consumed by a version of
 * the mart that was there before.
 */
export async function newestServed(lake: Lake, mart: ServedMart): Promise<ServedSnapshot> {
  const { speed } = mart.serving;
  const increments = speed === null ? null : await lake.table(speed).latest();
  return { batch: await lake.table(mart.contract.name).latest(), speed: increments };
}

/** The snapshot of these versions. */
export async function servedAt(lake: Lake, mart: ServedMart, { version, speedVersion }: Pins): Promise<ServedSnapshot> {
  const { speed } = mart.serving;
  return {
    batch: version < 0 ? null : await lake.table(mart.contract.name).at(version),
    speed: speed === null || speedVersion === null ? null : await lake.table(speed).at(speedVersion),
  };
}

export function pinsOf({ batch, speed }: ServedSnapshot): Pins {
  return { version: batch?.version ?? -1, speedVersion: speed?.version ?? null };
}

/** The partitions of a snapshot by their keys, files in order of their paths. */
export function partsOf(mart: ServedMart, { batch, speed }: ServedSnapshot): Map<string, ServedPart> {
  const parts = new Map<string, { value: string | null; files: AddFile[]; increments: AddFile[]; consumed: number }>();
  const partOf = (file: AddFile) => {
    const key = partitionKey(file.partitionValues);
    let part = parts.get(key);
    if (part === undefined) {
      const value = Object.values(file.partitionValues)[0] ?? null;
      part = { value, files: [], increments: [], consumed: consumedBronze(mart, batch, value) };
      parts.set(key, part);
    }
    return part;
  };
  for (const file of batch?.files ?? []) partOf(file).files.push(file);
  for (const file of speed?.files ?? []) {
    const value = Object.values(file.partitionValues)[0] ?? null;
    if (isConsumed(file, consumedBronze(mart, batch, value))) continue;
    partOf(file).increments.push(file);
  }
  const served = new Map<string, ServedPart>();
  for (const [key, part] of parts) {
    part.files.sort(byPath);
    part.increments.sort(byPath);
    served.set(key, { ...part, speedVersion: speed?.version ?? -1 });
  }
  return served;
}

/** The Bronze version that a partition of the mart was made from; −1 when it was not. */
export function consumedBronze({ contract }: ServedMart, batch: Snapshot | null, value: string | null): number {
  return batch?.txns.get(consumedId(contract.name, value ?? '', bronzeUsageEvents.name)) ?? -1;
}

/** The same of a day of the mart, or of its rollup, which consumed versions of the mart: `of` at `snapshot`. */
export async function bronzeOfDay(
  lake: Lake,
  mart: ServedMart,
  of: TableContract,
  snapshot: Snapshot,
  day: string,
): Promise<number> {
  if (of === mart.contract) return consumedBronze(mart, snapshot, day);
  const version = snapshot.txns.get(consumedId(of.name, day, mart.contract.name));
  return consumedBronze(mart, version === undefined ? null : await lake.table(mart.contract.name).at(version), day);
}

/** Whether all increments of a file are of Bronze versions up to `consumed`; false without statistics. */
export function isConsumed({ stats }: AddFile, consumed: number): boolean {
  const newest = stats.maxValues?.bronze_version;
  return newest !== undefined && Number(newest) <= consumed;
}

/** Files never change: the same paths are the same rows. Which of a file's increments are served depends on what is consumed. */
export function samePart(a: ServedPart | undefined, b: ServedPart | undefined): boolean {
  const [left, right] = [a?.increments ?? [], b?.increments ?? []];
  return (
    sameFiles(a?.files ?? [], b?.files ?? []) &&
    sameFiles(left, right) &&
    (left.length === 0 || a?.consumed === b?.consumed)
  );
}

function sameFiles(a: readonly AddFile[], b: readonly AddFile[]): boolean {
  return a.length === b.length && a.every((file, i) => file.path === b[i]?.path);
}

function byPath(a: AddFile, b: AddFile): number {
  return a.path < b.path ? -1 : 1;
}
