/** The seed of a test with random moments: `CPA_SEED`, or a new one, printed so that a failure can be had again. */
import { randomInt } from 'node:crypto';
import { seededRandom } from '../../cli/generate/random.ts';

/** A random source named after the test. */
export function randomOf(test: string): ReturnType<typeof seededRandom> {
  const seed = Number(process.env.CPA_SEED ?? randomInt(2 ** 31));
  console.log(`${test}: CPA_SEED=${seed}`);
  return seededRandom(seed, test);
}
