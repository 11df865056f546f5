/** `cpa quarantine export`. */
import { isUtf8 } from 'node:buffer';
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { cellAt } from '../../engine/columnar/cell.ts';
import { valueAt } from '../../engine/columnar/column-of.ts';
import { note } from '../format.ts';
import { type HeldFile, type HeldOptions, heldFiles } from './held.ts';

/** Writes all rows meant, as fast as whoever reads them takes them. */
export async function exportHeld(options: HeldOptions & { readonly output?: string }): Promise<void> {
  let rows = 0;
  const lines = async function* (): AsyncGenerator<string> {
    for await (const file of heldFiles(options)) {
      for (const row of file.rows) {
        yield `${JSON.stringify(recordOf(file, row))}\n`;
        rows++;
      }
    }
  };
  const { output } = options;
  if (output === undefined) await pipeline(Readable.from(lines()), process.stdout, { end: false });
  else await pipeline(Readable.from(lines()), createWriteStream(output));
  note(`${rows} rows${output === undefined ? '' : ` in ${output}`}`);
}

function recordOf({ source, columns }: HeldFile, row: number): Record<string, unknown> {
  const { raw, ...others } = columns;
  const cells = Object.entries(others).map(([name, column]) => {
    const cell = cellAt(column, row);
    return [name, typeof cell === 'bigint' ? Number(cell) : cell];
  });
  const bytes = valueAt(raw!, row) as Uint8Array | null;
  const isText = bytes === null || isUtf8(bytes);
  const text = bytes === null ? null : Buffer.from(bytes).toString(isText ? 'utf8' : 'base64');
  return { source, ...Object.fromEntries(cells), [isText ? 'raw' : 'raw_base64']: text };
}
