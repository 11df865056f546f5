/** What an explanation says: plain data, ready to become JSON. Decimals are exact text, days `YYYY-MM-DD`, instants ISO 8601. */
import type { CellKind } from '../../engine/columnar/cell.ts';
import type { Value } from '../api.ts';

/** A commit that wrote rows, and the work behind it. */
export interface Made {
  readonly version: number;
  readonly committedAt: string;
  readonly operation: string;
  /** The workflow run; null for commits that say nothing of one. */
  readonly workflowId: string | null;
  readonly runId: string | null;
  readonly reason: string | null;
}

/** Rows of one table, or lines of the landing zone: the rows that the rows of an earlier level are made of. */
export interface Level {
  /** `<layer>.<name>`; `landing` for lines of the landing zone. */
  readonly table: string;
  /** The version they were read at, and when it was committed; null for the landing zone. */
  readonly version: number | null;
  readonly committedAt: string | null;
  /** The commits that wrote the rows listed, newest first; a few of them when there are many. */
  readonly made: readonly Made[];
  /** Columns that tell a row of the table: with `version` enough to explain it in turn. */
  readonly key: readonly string[];
  readonly columns: readonly { readonly name: string; readonly kind: CellKind }[];
  /** The rows from `offset` on. */
  readonly rows: readonly (readonly Value[])[];
  readonly offset: number;
  /** Rows there are, listed or not. */
  readonly total: number;
  /** What a reader has to know about them: versions that are gone, changes since. */
  readonly notes: readonly string[];
}

/** A column of the row against what the rows it is made of give. */
export interface ProofLine {
  readonly column: string;
  /** In words, such as `sum of cost_usd`. */
  readonly how: string;
  readonly stated: Value;
  readonly summed: Value;
  /** stated − summed, exact; null for what is no number, and when one of them is null. */
  readonly difference: string | null;
  readonly equal: boolean;
}

/** Rows in quarantine that would count in the figure: it lacks them. */
export interface Held {
  readonly table: string;
  readonly version: number;
  readonly from: string;
  readonly to: string;
  readonly rows: number;
  readonly moneyUsd: string;
  readonly rules: readonly {
    readonly layer: string;
    readonly rule: string;
    readonly rows: number;
    readonly moneyUsd: string;
  }[];
}

/** A figure, what it is made of down to the lines of the landing zone, and whether that adds up to it. */
export interface Explanation {
  readonly table: string;
  readonly version: number;
  /** The row itself, then what it is made of, then what that is made of. */
  readonly levels: readonly Level[];
  /** Over all rows of the levels, not only those listed. */
  readonly proof: readonly ProofLine[];
  /** Null where nothing can be in quarantine. */
  readonly held: Held | null;
  /** Whether every line of the proof is equal; null when there is nothing to prove. */
  readonly holds: boolean | null;
  readonly verdict: string;
}

/** The question cannot be right: asking it again does not help. */
export class BadQuestion extends Error {
  override readonly name = 'BadQuestion';

  /** The part of the question that is wrong, where it is one alone. */
  readonly parameter: string | null;

  constructor(message: string, parameter: string | null = null) {
    super(message);
    this.parameter = parameter;
  }
}

/** There is no such row; the message says what comes near. */
export class NoSuchRow extends Error {
  override readonly name = 'NoSuchRow';
}
