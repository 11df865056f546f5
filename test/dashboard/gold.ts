/** Figures straight from the lake's Gold tables, added up by other means than the dashboard's. */
import type { Lake } from '../../engine/delta/lake.ts';
import { rowsIn } from '../line/tables.ts';
import type { Row } from '../transforms/rows.ts';

const read = new Map<string, Promise<Row[]>>();

/** Rows of a Gold table that satisfy the test. A version is read once. */
export async function goldRows(lake: Lake, table: string, keep: (row: Row) => boolean = () => true): Promise<Row[]> {
  const name = `gold.${table}`;
  const key = `${lake.store.root} ${name} ${(await lake.table(name).latest())?.version}`;
  const rows = read.get(key) ?? rowsIn(lake, name);
  read.set(key, rows);
  return (await rows).filter(keep);
}

/** The sum of a column of decimals or counts, as exact text without zeros at the end. */
export function sumOf(rows: readonly Row[], column: string): string {
  let scale = 0;
  let sum = 0n;
  for (const row of rows) {
    const text = String(row[column] ?? '0');
    const digits = text.split('.')[1]?.length ?? 0;
    if (digits > scale) {
      sum *= 10n ** BigInt(digits - scale);
      scale = digits;
    }
    sum += BigInt(text.replace('.', '')) * 10n ** BigInt(scale - digits);
  }
  const sign = sum < 0n ? '-' : '';
  const digits = String(sum < 0n ? -sum : sum).padStart(scale + 1, '0');
  return scale === 0
    ? sign + digits
    : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`.replace(/\.?0+$/, '');
}
