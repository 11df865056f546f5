/**
 * The generator's random source: xoshiro128** seeded by splitmix32, with integer and basic IEEE arithmetic only, so that a
 * seed gives the same numbers on every machine.
 */
export interface Random {
  /** Uniform integer in [0, 2^32). */
  next(): number;
  /** Uniform integer in [0, n), n ≤ 2^32. */
  below(n: number): number;
  /** True with probability p. */
  chance(p: number): boolean;
  /** Standard normal, approximated by the sum of eight uniforms (|z| < 4.9). */
  gauss(): number;
  pick<T>(items: readonly T[]): T;
  /** An item with a probability proportional to its weight. */
  weighted<T>(items: readonly (readonly [T, number])[]): T;
  /** `length` characters of 0–9a–z, as in the ids of the original data; `length` is 3n or 3n + 2. */
  id(length: number): string;
}

const alphabet = '0123456789abcdefghijklmnopqrstuvwxyz';
const pairs = Array.from({ length: 1296 }, (_, i) => alphabet.charAt(i / 36) + alphabet.charAt(i % 36));
const triples = Array.from({ length: 46_656 }, (_, i) => alphabet.charAt(i / 1296) + pairs[i % 1296]!);

/** A random source of a seed; streams of different `stream` names are independent. */
export function seededRandom(seed: number, stream: string): Random {
  let mix = seed >>> 0;
  for (let i = 0; i < stream.length; i++) mix = Math.imul(mix ^ stream.charCodeAt(i), 0x01000193) >>> 0;
  const splitmix = (): number => {
    mix = (mix + 0x9e3779b9) | 0;
    let z = mix ^ (mix >>> 16);
    z = Math.imul(z, 0x21f0aaad);
    z ^= z >>> 15;
    z = Math.imul(z, 0x735a2d97);
    return z ^ (z >>> 15);
  };
  let a = splitmix();
  let b = splitmix();
  let c = splitmix();
  let d = splitmix();

  const next = (): number => {
    const scrambled = Math.imul(b, 5);
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = (d << 11) | (d >>> 21);
    return result;
  };
  const below = (n: number): number => Math.floor((next() / 4294967296) * n);
  const gauss = (): number => {
    let sum = 0;
    for (let i = 0; i < 4; i++) {
      const u = next();
      sum += (u & 0xffff) + (u >>> 16);
    }
    // Mean of eight 16-bit uniforms: 8 × 32767.5; deviation: 65536 × √(8/12).
    return (sum - 262140) / 53509.92;
  };

  return {
    next,
    below,
    gauss,
    chance: (p) => next() < p * 4294967296,
    pick: (items) => items[below(items.length)]!,
    weighted: (items) => {
      let total = 0;
      for (const [, weight] of items) total += weight;
      let left = below(total);
      for (const [item, weight] of items) {
        left -= weight;
        if (left < 0) return item;
      }
      throw new Error('weighted choice of nothing');
    },
    id: (length) => {
      let text = '';
      let left = length;
      for (; left >= 3; left -= 3) text += triples[below(46_656)]!;
      return left === 2 ? text + pairs[below(1296)]! : text;
    },
  };
}
