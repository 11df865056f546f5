/** What a comparison of Cassandra with Gold found, in words. */
import type { VerifyResult } from '../serving/verify.ts';

/** The counts and the first difference. 64-bit integers stand as text: JSON has none. */
export function verifyFinding({ rows, missing, extra, different, samples }: VerifyResult): string {
  const counts = `${rows} rows: ${missing} missing, ${extra} too many, ${different} different`;
  if (samples[0] === undefined) return counts;
  const first = JSON.stringify(samples[0], (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
  return `${counts}; first: ${first}`;
}
