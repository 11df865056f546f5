/**
 * Visits every number of a range once, in random order, in constant memory. It spreads the days of the range evenly over
 * all files, each file mixing dates, as the original data does.
 */
import type { Random } from './random.ts';

/**
 * A random permutation of [0, n), n ≤ 2^30: four Feistel rounds over the next even power of two, walked until inside the
 * range (Black and Rogaway, "Ciphers with Arbitrary Finite Domains", 2002).
 */
export function permutation(n: number, random: Random): (i: number) => number {
  let half = 1;
  while (4 ** half < n) half++;
  const mask = 2 ** half - 1;
  const keys = [random.next(), random.next(), random.next(), random.next()];
  return (i) => {
    let x = i;
    do {
      let left = x >>> half;
      let right = x & mask;
      for (const key of keys) {
        let mixed = Math.imul(right ^ key, 0x9e3779b1);
        mixed = Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b);
        const swapped = left ^ ((mixed ^ (mixed >>> 13)) & mask);
        left = right;
        right = swapped;
      }
      x = left * 2 ** half + right;
    } while (x >= n);
    return x;
  };
}
