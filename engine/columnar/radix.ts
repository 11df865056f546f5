/**
 * Stable sorting of row numbers by 32-bit words, the machine under every kind of key.
 */

/**
 * Sorts the rows of `order` by the unsigned word `words[row × width + offset] ^ flip`; rows with equal words keep their order.
 * A flip of 0x80000000 sorts signed words, of all ones descending. Returns a new order, or the same when nothing moves.
 */
export function sortByWord(order: Int32Array, words: Int32Array, width: number, offset: number, flip = 0): Int32Array {
  // A pass costs its rows and its buckets: few rows are better served by small digits.
  const bits = order.length < 4096 ? 8 : 16;
  let sorted = order;
  for (let shift = 0; shift < 32; shift += bits) sorted = pass(sorted, words, width, offset, flip, shift, bits);
  return sorted;
}

function pass(
  order: Int32Array,
  words: Int32Array,
  width: number,
  offset: number,
  flip: number,
  shift: number,
  bits: number,
): Int32Array {
  const mask = (1 << bits) - 1;
  const starts = new Int32Array(mask + 2);
  for (let i = 0, end = order.length; i < end; i++)
    starts[(((words[order[i]! * width + offset]! ^ flip) >>> shift) & mask) + 1]! += 1;
  for (let b = 1, end = starts.length; b < end; b++) {
    if (starts[b] === order.length) return order;
    starts[b]! += starts[b - 1]!;
  }
  const sorted = new Int32Array(order.length);
  for (let i = 0, end = order.length; i < end; i++) {
    const row = order[i]!;
    const digit = ((words[row * width + offset]! ^ flip) >>> shift) & mask;
    sorted[starts[digit]!] = row;
    starts[digit]! += 1;
  }
  return sorted;
}
