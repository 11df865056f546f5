/** One master as rows of text, its defects, and its CSV file (RFC 4180). */
import type { Random } from './random.ts';
import { type Counts, count, type MasterTruth } from './truth.ts';

/** A master's rows before they are written. Fields that are null are written empty. */
export interface MasterRows {
  readonly name: string;
  readonly columns: readonly string[];
  /** Columns that make the key. */
  readonly key: readonly string[];
  readonly rows: (string | null)[][];
  /** A field, not of the key, whose text can be spoilt, and a text that does not parse as it. */
  readonly spoilable: readonly [column: string, text: string];
  /** A field whose other content makes a repeated key a conflict, and that content. */
  readonly contested: readonly [column: string, text: string];
}

/**
 * Puts defects into a master: identical repeats, repeats with other content, missing keys, fields that do not parse; each at one
 * row in 400, at least one. The repeats come after their first row. Returns what a correct load makes of it.
 */
export function spoil(master: MasterRows, random: Random, defects: Counts): MasterTruth {
  const { rows, columns } = master;
  const each = Math.max(1, Math.floor(rows.length / 400));
  const written = rows.length;
  const at = (column: string): number => columns.indexOf(column);
  const key = at(master.key[0]!);
  const added: (string | null)[][] = [];
  const spoilt = new Set<number>();
  while (spoilt.size < each) spoilt.add(random.below(rows.length));
  for (const row of spoilt) {
    rows[row]![at(master.spoilable[0])] = master.spoilable[1];
    count(defects, 'master_field_unparseable');
  }
  for (let i = 0; i < each; i++) {
    added.push([...random.pick(rows)]);
    count(defects, 'master_repeat');
    const conflict = [...random.pick(rows)];
    conflict[at(master.contested[0])] = master.contested[1];
    added.push(conflict);
    count(defects, 'master_key_conflict');
    const keyless = [...random.pick(rows)];
    keyless[key] = null;
    added.push(keyless);
    count(defects, 'master_key_missing');
  }
  rows.push(...added);
  return {
    read: rows.length,
    written,
    duplicate: each,
    quarantined: { key_missing: each, key_conflict: each },
  };
}

/** The text of a master's file. `lineEnd` and a leading byte order mark are the defects a whole file can have. */
export function csvText(master: MasterRows, lineEnd: string, byteOrderMark: boolean): string {
  const lines = [master.columns.join(',')];
  for (const row of master.rows) lines.push(row.map(csvField).join(','));
  return `${byteOrderMark ? '\ufeff' : ''}${lines.join(lineEnd)}${lineEnd}`;
}

function csvField(text: string | null): string {
  if (text === null) return '';
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
