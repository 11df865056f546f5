import { giveTurn } from './turns.ts';

/**
 * Maps a list with an asynchronous function, at most `limit` calls at a time; results in the order of the list. After the
 * first failure no further call starts; it rejects with that failure once those under way have ended. Gives timers and requests
 * their turn also when the calls never wait for anything.
 */
export async function mapBounded<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length);
  const failures: unknown[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length && failures.length === 0) {
      const index = next++;
      try {
        results[index] = await work(items[index]!, index);
      } catch (error) {
        failures.push(error);
      }
      await giveTurn();
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, lane));
  if (failures.length > 0) throw failures[0];
  return results;
}
