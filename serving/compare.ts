/** Exact comparison of rows of two Arrow tables, without making values of them. */
import { type Column, type DecimalColumn, isValid } from '../engine/columnar/column.ts';
import { valueAt } from '../engine/columnar/column-of.ts';

/** Tells whether row `a` of the first columns differs from row `b` of the second ones in any pair. */
export function rowComparer(pairs: readonly (readonly [Column, Column])[]): (a: number, b: number) => boolean {
  const differ = pairs.map(([left, right]) => valueComparer(left, right));
  return (a, b) => {
    for (let c = 0; c < pairs.length; c++) {
      const [left, right] = pairs[c]!;
      const valid = isValid(left, a);
      if (valid !== isValid(right, b)) return true;
      if (valid && differ[c]!(a, b)) return true;
    }
    return false;
  };
}

function valueComparer(left: Column, right: Column): (a: number, b: number) => boolean {
  if (left.kind === 'decimal' && right.kind === 'decimal') return decimalComparer(left, right);
  if (left.kind === 'dictionary' && right.kind === 'dictionary') {
    return (a, b) => left.values[left.codes[a]!] !== right.values[right.codes[b]!];
  }
  // Object.is tells 0 from −0 and finds NaN equal to itself.
  return (a, b) => !Object.is(valueAt(left, a), valueAt(right, b));
}

function decimalComparer(left: DecimalColumn, right: DecimalColumn): (a: number, b: number) => boolean {
  if (left.scale !== right.scale) throw new Error(`decimals of scale ${left.scale} and ${right.scale} do not compare`);
  const { words } = left;
  const others = right.words;
  return (a, b) => {
    for (let word = 0; word < 4; word++) if (words[a * 4 + word] !== others[b * 4 + word]) return true;
    return false;
  };
}
