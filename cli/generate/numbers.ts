/**
 * Texts of fixed-point numbers as Python writes floats, which is how the original data was made: at least one digit after
 * the point, no trailing zeros, `8.9e-05` below 0.0001.
 */
const fractions4 = Array.from({ length: 10_000 }, (_, i) => {
  const digits = String(i).padStart(4, '0').replace(/0+$/, '');
  return `.${digits === '' ? '0' : digits}`;
});

/** The text of `n` × 10^-4, n an integer; −0 is written `-0.0`. */
export function text4(n: number): string {
  if (n < 0 || Object.is(n, -0)) return `-${text4(-n)}`;
  const whole = Math.floor(n / 10_000);
  return whole + fractions4[n - whole * 10_000]!;
}

const small6 = new Map<number, string>();

/** The text of `n` × 10^-6, n a non-negative integer; 0 is written `0`, as the original does for carbon. */
export function text6(n: number): string {
  const known = small6.get(n);
  if (known !== undefined) return known;
  const text = write6(n);
  if (small6.size < 100_000) small6.set(n, text);
  return text;
}

function write6(n: number): string {
  if (n === 0) return '0';
  if (n < 10) return `${n}e-06`;
  if (n < 100) return `${n % 10 === 0 ? n / 10 : `${Math.floor(n / 10)}.${n % 10}`}e-05`;
  const whole = Math.floor(n / 1_000_000);
  const digits = String(n % 1_000_000)
    .padStart(6, '0')
    .replace(/0+$/, '');
  return `${whole}.${digits === '' ? '0' : digits}`;
}

/** The text of `n` × 10^-`scale` with every digit of the scale, as sums are compared: `-12.340000`. */
export function fixedText(n: bigint, scale: number): string {
  const digits = (n < 0n ? -n : n).toString().padStart(scale + 1, '0');
  return `${n < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}
