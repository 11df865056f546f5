/** What the rows of a table are made of: which upstream rows, and how each column comes of them. */
import type { Table } from 'apache-arrow';
import type { Mask } from '../../transforms/masks.ts';
import type { Measure } from './measure.ts';
import type { Columns } from './picked-rows.ts';
import type { Row } from './row.ts';

/** What rows are picked by besides the row they belong to. */
export interface Surroundings {
  /** The version of something the row's partition consumed; null when it never did. */
  readonly consumed: (name: string) => number | null;
  /** Tables read whole. */
  readonly beside: Readonly<Record<string, Table>>;
}

/** The rows of one upstream table that a row is made of. */
export interface Source {
  readonly table: string;
  /** A table that `picks` and `derived` look things up in, and its columns that they need. */
  readonly beside?: { readonly table: string; readonly columns: readonly string[] };
  readonly tested: readonly string[];
  readonly picks: (columns: Columns, row: Row, surroundings: Surroundings) => Mask;
  /** Of all rows picked, those that count: for conditions on more than one row. */
  readonly narrowed?: (columns: Columns, row: Row) => Mask;
  /** Columns to list, in order, and those made of them. */
  readonly listed: readonly string[];
  readonly derived?: (columns: Columns, row: Row, surroundings: Surroundings) => Columns;
  /** Columns by which the rows are listed. */
  readonly order: readonly string[];
}

export interface Origin {
  readonly sources: readonly Source[];
  /** Column → how it comes of the sources' rows. */
  readonly measures: Readonly<Record<string, Measure>>;
  /** Whose events, of which days, are missing in the row while they are in quarantine. */
  readonly missing?: (row: Row, rows: (table: string) => Columns) => MissingEvents;
}

export interface MissingEvents {
  readonly orgs: ReadonlySet<string>;
  /** Days since 1970-01-01, both included. */
  readonly fromDay: number;
  readonly toDay: number;
}
