import { BytesBuilder } from './builder-bytes.ts';
import type { ColumnBuilder } from './builder-column.ts';
import { builderOfType } from './builder-of-type.ts';
import { RescueBuilder } from './builder-rescue.ts';
import type { BytesColumn, Column, ColumnSpec } from './column.ts';

/** Rows there is room for at first unless more are expected; the room doubles from there. */
const firstRows = 1024;

/** The columns of a batch under construction, filled one row after the other. */
export class RowBuilder {
  /** One builder a column that is read, in the order of the specs. */
  readonly columns: readonly ColumnBuilder[];
  readonly specs: readonly ColumnSpec[];
  /** Those that must be told where a row ends. */
  private readonly texts: readonly BytesBuilder[];
  readonly rescued = new RescueBuilder();
  /** Rows ended: the index of the row being filled. */
  rows = 0;
  private capacity = 0;

  /**
   * Makes room for `expectedRows` at once: the arrays are then as long as what they hold.
   * Throws when two specs have one name, or for a type that text cannot carry.
   */
  constructor(specs: readonly ColumnSpec[], expectedRows = 0) {
    const names = new Set<string>();
    for (const { name } of specs) {
      if (names.has(name)) throw new Error(`column ${name} is named twice`);
      names.add(name);
    }
    this.specs = specs;
    this.columns = specs.map((spec) => builderOfType(spec.type));
    this.texts = this.columns.filter((column) => column instanceof BytesBuilder);
    // One more: there is always a row being filled.
    this.reserve(Math.max(firstRows, expectedRows + 1));
  }

  /** Drops what the row being filled was given. */
  clearRow(): void {
    for (const column of this.columns) column.clear(this.rows);
    this.rescued.clear(this.rows);
  }

  endRow(): void {
    for (const column of this.texts) column.endRow(this.rows);
    this.rescued.endRow(this.rows);
    if (++this.rows === this.capacity) this.reserve(this.capacity * 2);
  }

  /** The columns by name, and what was rescued. */
  finish(): { readonly rows: number; readonly columns: Record<string, Column>; readonly rescued: BytesColumn } {
    const { rows } = this;
    const columns = Object.fromEntries(this.columns.map((c, i) => [this.specs[i]!.name, c.finish(rows)]));
    return { rows, columns, rescued: this.rescued.finish(rows) };
  }

  private reserve(rows: number): void {
    for (const column of this.columns) column.reserve(rows);
    this.rescued.reserve(rows);
    this.capacity = rows;
  }
}
