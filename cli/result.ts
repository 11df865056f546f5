/** What commands print: named columns and rows of plain values. */
import type { Cell, CellKind } from '../engine/columnar/cell.ts';

export interface ResultColumn {
  readonly name: string;
  readonly kind: CellKind;
}

export interface Result {
  readonly columns: readonly ResultColumn[];
  readonly rows: readonly (readonly Cell[])[];
}
