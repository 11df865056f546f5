/** Codes that people type, brought into one form. */
import type { Column, DictionaryColumn } from '../engine/columnar/column.ts';
import type { TextForm } from '../schemas/master-rules.ts';

/** Dictionary text without blanks around it, in small or capital letters. The column itself when nothing changes. */
export function inForm(column: Column, form: TextForm): DictionaryColumn {
  if (column.kind !== 'dictionary') throw new Error(`inForm: ${column.kind} is not dictionary text`);
  const formed = column.values.map((v) => (form === 'lower' ? v.trim().toLowerCase() : v.trim().toUpperCase()));
  if (formed.every((value, code) => value === column.values[code])) return column;
  const values = [...new Set(formed)];
  const codeOf = Int32Array.from(formed, (value) => values.indexOf(value));
  return { ...column, codes: column.codes.map((code) => codeOf[code]!), values };
}
