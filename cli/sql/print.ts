/** Answers as text: a table of the first rows, or all rows as CSV or JSON. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Cell } from '../../engine/columnar/cell.ts';
import { csvRecord } from '../../engine/columnar/csv-text.ts';
import { type Format, jsonLine, note, print } from '../format.ts';
import type { Answer } from './answers.ts';

/** Prints an answer; a table shows `limit` rows and says how many there are. */
export async function printAnswer(answer: Answer, format: Format, limit: number): Promise<void> {
  if (format === 'table') await printTable(answer, limit);
  else await pipeline(Readable.from(textOf(answer, format)), process.stdout, { end: false });
}

/** The whole answer as the other commands print it, a part at a time. */
export async function* textOf({ columns, parts }: Answer, format: 'csv' | 'json'): AsyncGenerator<string, void, void> {
  if (format === 'csv') {
    yield csvRecord(columns.map((column) => column.name));
    for await (const part of parts) yield part.cells().map(csvRecord).join('');
    return;
  }
  let isEmpty = true;
  for await (const part of parts) {
    const lines = part.cells().map((row) => jsonLine(columns, row));
    yield `${isEmpty ? '[\n' : ',\n'}${lines.join(',\n')}`;
    isEmpty = false;
  }
  yield isEmpty ? '[]\n' : '\n]\n';
}

async function printTable({ columns, parts }: Answer, limit: number): Promise<void> {
  const rows: Cell[][] = [];
  let length = 0;
  for await (const part of parts) {
    if (rows.length < limit) rows.push(...part.cells().slice(0, limit - rows.length));
    length += part.length;
  }
  // A plan is a drawing of many lines.
  if (columns[0]?.name === 'explain_key') for (const [, plan] of rows) process.stdout.write(`${plan}\n`);
  else print({ columns, rows }, 'table');
  if (length > rows.length) note(`the first ${rows.length} of ${length.toLocaleString('en')} rows; --limit shows more`);
}
