/** Rows of results as a text table, CSV or JSON. */
import { type Cell, jsonCell } from '../engine/columnar/cell.ts';
import { csvRecord } from '../engine/columnar/csv-text.ts';
import type { Result, ResultColumn } from './result.ts';
import { type TableStyle, textTable } from './table.ts';

export type { Cell } from '../engine/columnar/cell.ts';
export type { Result, ResultColumn } from './result.ts';

export const formats = ['table', 'json', 'csv'] as const;
export type Format = (typeof formats)[number];

/** CSV as RFC 4180 has it: records end with CRLF, null is nothing at all, empty text is `""`. */
export function csvOf({ columns, rows }: Result): string {
  return csvRecord(columns.map((c) => c.name)) + rows.map(csvRecord).join('');
}

/** An array of objects, one a line. Decimals, and integers that a double cannot hold, are strings. */
export function jsonOf({ columns, rows }: Result): string {
  const lines = rows.map((row) => jsonLine(columns, row));
  return lines.length === 0 ? '[]\n' : `[\n${lines.join(',\n')}\n]\n`;
}

/** A row of `jsonOf`, without what separates rows. */
export function jsonLine(columns: readonly ResultColumn[], row: readonly Cell[]): string {
  return `  ${JSON.stringify(Object.fromEntries(columns.map((c, i) => [c.name, jsonCell(row[i]!)])))}`;
}

/** Columns by what is in them: integers are counts; text of which every one is a decimal number or a day is that. */
export function kindsOf(names: readonly string[], rows: readonly (readonly Cell[])[]): ResultColumn[] {
  return names.map((name, c) => {
    const cells = rows.map((row) => row[c]!).filter((cell) => cell !== null);
    if (cells.every((cell) => typeof cell === 'bigint' || Number.isInteger(cell))) return { name, kind: 'count' };
    const texts = cells.map(String);
    if (texts.every((text) => /^-?\d+(\.\d+)?$/.test(text))) return { name, kind: 'number' };
    return { name, kind: texts.every((text) => /^\d{4}-\d{2}-\d{2}$/.test(text)) ? 'time' : 'text' };
  });
}

/** How the standard output wants text tables: as wide as the terminal, coloured where it can and `NO_COLOR` allows it. */
export function terminalStyle(): TableStyle {
  const { stdout } = process;
  return stdout.isTTY ? { width: stdout.columns, colour: stdout.hasColors() } : { width: null, colour: false };
}

/** Prints a result. What does not fit a terminal is said on the standard error. */
export function print(result: Result, format: Format): void {
  if (format === 'json') process.stdout.write(jsonOf(result));
  else if (format === 'csv') process.stdout.write(csvOf(result));
  else {
    const { text, omitted } = textTable(result, terminalStyle());
    process.stdout.write(text);
    if (omitted.length > 0) note(`the terminal is too narrow for: ${omitted.join(', ')}`);
  }
}

/** A line beside the result, which stays clean for programs. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}
