/** Rows whose text has a value. */
import { type Column, isValid } from '../../engine/columnar/column.ts';

/** 1 where a dictionary column equals `value`. */
export function textEquals(column: Column, value: string): Uint8Array {
  if (column.kind !== 'dictionary') throw new Error(`column is ${column.kind}, expected dictionary`);
  const code = column.values.indexOf(value);
  const mask = new Uint8Array(column.length);
  if (code < 0) return mask;
  for (let i = 0; i < mask.length; i++) if (column.codes[i] === code && isValid(column, i)) mask[i] = 1;
  return mask;
}
