/**
 * The files that left a table, for vacuum by whoever does it: a file is not to be deleted as long as readers of a version that
 * had it may still be at work.
 * Source: PROTOCOL.md, "Add File and Remove File".
 */
import type { Tombstone } from './actions.ts';

/** How long a file that left is remembered (the protocol's default). */
const retentionMs = 7 * 24 * 3600 * 1000;

/**
 * A file that left after less than this is not remembered: vacuum spares a file for its own age nearly as long as for its
 * tombstone. So the small files of a stream, thousands an hour until they are compacted, leave nothing behind.
 */
const shortLifeMs = 3600 * 1000;

/** Whether a file of this age leaves a tombstone. */
export function leavesTombstone(file: { readonly modificationTime: number }, remove: Tombstone): boolean {
  return remove.deletedMs - file.modificationTime >= shortLifeMs;
}

/** Some tombstones in the order of the removals. */
interface Part {
  readonly length: number;
  list(): readonly Tombstone[];
}

/**
 * Tombstones in the order of the removals. They never change; those with more of them share nearly all that they have in common:
 * parts in a row, each more than twice as long as the next, so that a tombstone is copied a few times in all and not with
 * every commit.
 */
export class Tombstones {
  static readonly none = new Tombstones([]);

  /** `length` tombstones that are not read before somebody asks for them: only the writer of the next checkpoint does. */
  static unread(length: number, read: () => readonly Tombstone[]): Tombstones {
    let found: readonly Tombstone[] | null = null;
    const list = (): readonly Tombstone[] => {
      found ??= read();
      return found;
    };
    return length === 0 ? Tombstones.none : new Tombstones([{ length, list }]);
  }

  readonly #parts: readonly Part[];

  private constructor(parts: readonly Part[]) {
    this.#parts = parts;
  }

  /** How many there are, or somewhat fewer: some may have expired, or their files have come back. */
  get atMost(): number {
    return this.#parts.reduce((sum, { length }) => sum + length, 0);
  }

  /** These and then `removes`, at a time in milliseconds since 1970. */
  with(removes: readonly Tombstone[], nowMs: number): Tombstones {
    if (removes.length === 0) return this;
    const parts = [...this.#parts];
    let last = removes;
    while (parts.length > 0 && parts.at(-1)!.length <= 2 * last.length) {
      const before = parts.pop()!.list();
      last = [...before.filter((tombstone) => !isExpired(tombstone, nowMs)), ...last];
    }
    return new Tombstones([...parts, { length: last.length, list: () => last }]);
  }

  /** The last one of each path that has not expired and is not `present` again. */
  list(nowMs: number, present: ReadonlySet<string>): Tombstone[] {
    const byPath = new Map<string, Tombstone>();
    for (const tombstone of this.#parts.flatMap((part) => part.list())) {
      byPath.delete(tombstone.path);
      if (!isExpired(tombstone, nowMs) && !present.has(tombstone.path)) byPath.set(tombstone.path, tombstone);
    }
    return [...byPath.values()];
  }
}

function isExpired({ deletedMs }: Tombstone, nowMs: number): boolean {
  return deletedMs < nowMs - retentionMs;
}
