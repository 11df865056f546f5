/** Costs far above what is usual for their service that day. */
import type { BoolColumn, Column, DecimalColumn } from '../../engine/columnar/column.ts';
import { toFloat64 } from '../../engine/columnar/decimal.ts';
import { groupBy } from '../../engine/columnar/group.ts';

const outlierFactor = 3;
const outlierQuantile = 0.99;

/**
 * Whether each cost is above 3 × the 99th percentile of its group, all rows with the same `keys` (day and service); none
 * is where the percentile is not above 0. The percentile interpolates linearly between the two nearest ranks (Hyndman
 * and Fan's type 7), in float64. The rows must be all rows of their days.
 */
export function costOutliers(costs: DecimalColumn, keys: readonly Column[]): BoolColumn {
  const { ids, count } = groupBy([...keys]);
  const values = toFloat64(costs).values;
  const starts = new Int32Array(count + 1);
  for (let i = 0, end = ids.length; i < end; i++) starts[ids[i]! + 1]!++;
  for (let g = 0; g < count; g++) starts[g + 1]! += starts[g]!;
  const grouped = new Float64Array(values.length);
  const next = starts.slice(0, count);
  for (let i = 0, end = ids.length; i < end; i++) grouped[next[ids[i]!]!++] = values[i]!;
  const limits = new Float64Array(count);
  for (let g = 0; g < count; g++) {
    const usual = quantileOf(grouped.subarray(starts[g]!, starts[g + 1]!), outlierQuantile);
    limits[g] = usual > 0 ? outlierFactor * usual : Number.POSITIVE_INFINITY;
  }
  const bits = new Uint8Array((values.length + 7) >> 3);
  for (let i = 0, end = values.length; i < end; i++) if (values[i]! > limits[ids[i]!]!) bits[i >> 3]! |= 1 << (i & 7);
  return { kind: 'bool', length: values.length, validity: null, bits };
}

/**
 * The quantile of unsorted values, which it reorders. Selection instead of sorting: one order statistic is needed, and
 * a day of a service may hold millions of events.
 */
function quantileOf(values: Float64Array, q: number): number {
  const position = (values.length - 1) * q;
  const low = Math.floor(position);
  select(values, low);
  const lower = values[low]!;
  if (position === low) return lower;
  let upper = Number.POSITIVE_INFINITY;
  for (let i = low + 1, end = values.length; i < end; i++) if (values[i]! < upper) upper = values[i]!;
  return lower + (position - low) * (upper - lower);
}

/** Moves the k-th smallest value to position k, smaller ones before it and greater ones behind (Hoare's selection). */
function select(values: Float64Array, k: number): void {
  let left = 0;
  let right = values.length - 1;
  while (left < right) {
    const pivot = medianOfThree(values[left]!, values[(left + right) >> 1]!, values[right]!);
    let i = left;
    let j = right;
    while (i <= j) {
      while (values[i]! < pivot) i++;
      while (values[j]! > pivot) j--;
      if (i <= j) {
        const swapped = values[i]!;
        values[i++] = values[j]!;
        values[j--] = swapped;
      }
    }
    if (k <= j) right = j;
    else if (k >= i) left = i;
    else return;
  }
}

function medianOfThree(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}
