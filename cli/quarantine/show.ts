/** `cpa quarantine show`. */
import { cellAt } from '../../engine/columnar/cell.ts';
import { type Cell, type Format, note, print, type ResultColumn } from '../format.ts';
import { type HeldOptions, heldFiles } from './held.ts';

/** Shown column → column of the table. */
const shown: readonly (ResultColumn & { readonly of: string })[] = [
  { name: 'file', kind: 'text', of: 'source_file' },
  { name: 'generation', kind: 'number', of: 'source_generation' },
  { name: 'line', kind: 'number', of: 'source_row' },
  { name: 'offset', kind: 'number', of: 'source_offset' },
  { name: 'rule', kind: 'text', of: 'rule_id' },
  { name: 'reason', kind: 'text', of: 'reason' },
  { name: 'raw', kind: 'text', of: 'raw' },
];
/** Characters of a raw line that are shown. */
const rawLength = 80;

/** Prints the first rows meant. */
export async function showHeld(
  options: HeldOptions & { readonly limit: number; readonly format: Format },
): Promise<void> {
  const found: Cell[][] = [];
  let more = false;
  for await (const { columns, rows } of heldFiles(options)) {
    const left = options.limit - found.length;
    for (const row of rows.slice(0, left)) {
      found.push(
        shown.map(({ name, of }) => (name === 'raw' ? start(cellAt(columns.raw!, row)) : cellAt(columns[of]!, row))),
      );
    }
    more = rows.length > left;
    if (more) break;
  }
  print({ columns: shown, rows: found }, options.format);
  if (more) note(`the first ${found.length} rows; --limit prints more`);
  else if (found.length === 0) note('no such rows are in quarantine');
}

function start(raw: Cell): Cell {
  const text = typeof raw === 'string' ? [...raw.slice(0, 2 * rawLength)] : [];
  return text.length <= rawLength ? raw : `${text.slice(0, rawLength - 1).join('')}…`;
}
