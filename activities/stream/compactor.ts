/** Compaction beside the stream: the small files of micro-batches become larger ones, while others follow. */
import { compactTables, streamTables } from '../compaction.ts';
import type { ActivityContext, Run } from '../context.ts';

export interface CompactorStatus {
  readonly filesRemoved: number;
  readonly filesAdded: number;
  /** Why the last attempt failed; null when it did not. */
  readonly problem: string | null;
}

/** Micro-batches between two looks at the tables. */
const batchesBetween = 16;
/** Groups of files of a table that one look rewrites: it then lasts as long as a few micro-batches. */
const groupsAtATime = 4;

/** One compaction at a time. A failure stops nobody: it is reported, and the next look tries again. */
export class StreamCompactor {
  readonly #context: ActivityContext;
  #batches = 0;
  #underWay: Promise<void> | null = null;
  #removed = 0;
  #added = 0;
  #problem: string | null = null;

  constructor(context: ActivityContext) {
    this.#context = context;
  }

  /** A micro-batch has been committed. */
  batchDone(run: Run): void {
    if (++this.#batches < batchesBetween || this.#underWay !== null) return;
    this.#batches = 0;
    this.#underWay = this.#compact(run).finally(() => {
      this.#underWay = null;
    });
  }

  /** Since this worker began. */
  get status(): CompactorStatus {
    return { filesRemoved: this.#removed, filesAdded: this.#added, problem: this.#problem };
  }

  /** Waits for the compaction under way. */
  async idle(): Promise<void> {
    await this.#underWay;
  }

  async #compact(run: Run): Promise<void> {
    try {
      for (const done of await compactTables(this.#context, run, streamTables, groupsAtATime)) {
        this.#removed += done.filesRemoved;
        this.#added += done.filesAdded;
      }
      this.#problem = null;
    } catch (error) {
      this.#problem = error instanceof Error ? error.message : String(error);
    }
  }
}
