/** Text tables for people. */
import { styleText } from 'node:util';
import type { Cell } from '../engine/columnar/cell.ts';
import type { Result, ResultColumn } from './result.ts';
import { oneLine, textWidth, truncated } from './text-width.ts';

/** `width`: columns of the terminal, null for no limit. */
export interface TableStyle {
  readonly width: number | null;
  readonly colour: boolean;
}

const gap = '  ';
const nullMark = '–';
/** Text columns are not cut below this. */
const leastTextWidth = 8;
const grouped = new Intl.NumberFormat('en-US');

/**
 * The table, lines ended by line feeds. When the width is not enough, the widest text columns give way first, then columns
 * at the end are left out and named in `omitted`.
 */
export function textTable({ columns, rows }: Result, style: TableStyle): { text: string; omitted: string[] } {
  const texts = rows.map((row) => columns.map((column, c) => cellText(column, row[c]!)));
  const natural = columns.map((column, c) =>
    texts.reduce((most, row) => Math.max(most, textWidth(row[c]!)), textWidth(column.name)),
  );
  const widths = fitted(columns, natural, style.width ?? Number.POSITIVE_INFINITY);
  const shown = columns.slice(0, widths.length);
  const paint = (format: Parameters<typeof styleText>[0], text: string): string =>
    style.colour ? styleText(format, text, { validateStream: false }) : text;
  const line = (cells: readonly string[], painted: (cell: string, c: number) => string): string =>
    `${shown
      .map((column, c) => {
        const text = truncated(cells[c]!, widths[c]!);
        const blanks = ' '.repeat(widths[c]! - textWidth(text));
        if (column.kind === 'number' || column.kind === 'count') return blanks + painted(text, c);
        return painted(text, c) + (c === shown.length - 1 ? '' : blanks);
      })
      .join(gap)}\n`;
  const head = line(
    columns.map((c) => c.name),
    (text) => paint('bold', text),
  );
  const rule = `${paint('dim', widths.map((w) => '─'.repeat(w)).join(gap))}\n`;
  const body = texts.map((cells, r) => line(cells, (text, c) => (rows[r]![c] === null ? paint('dim', text) : text)));
  return { text: head + rule + body.join(''), omitted: columns.slice(widths.length).map((c) => c.name) };
}

function cellText({ kind }: ResultColumn, cell: Cell): string {
  if (cell === null) return nullMark;
  if (kind === 'count' && (typeof cell === 'bigint' || typeof cell === 'number')) return grouped.format(cell);
  return oneLine(String(cell));
}

/** Widths of the columns that are shown: as many from the left as fit, at least one. */
function fitted(columns: readonly ResultColumn[], natural: readonly number[], width: number): number[] {
  const least = natural.map((w, c) => (columns[c]!.kind === 'text' ? Math.min(w, leastTextWidth) : w));
  const total = (widths: readonly number[]): number => widths.reduce((sum, w) => sum + w + gap.length, -gap.length);
  let shown = columns.length;
  while (shown > 1 && total(least.slice(0, shown)) > width) shown--;
  const widths = natural.slice(0, shown);
  for (let excess = total(widths) - width; excess > 0; excess--) {
    let widest = -1;
    for (let c = 0; c < shown; c++) {
      if (widths[c]! > least[c]! && (widest < 0 || widths[c]! > widths[widest]!)) widest = c;
    }
    if (widest < 0) break;
    widths[widest]!--;
  }
  return widths;
}
