/** Which days (months) a mart has rows of, kept in Cassandra beside the mart so that the newest one is found with one read. */
import type { PartitionPlan } from './diff.ts';
import type { Session } from './session.ts';

const daysInABatch = 100;

/** Brings the days of the partitions up to date, at the publication's number. */
export async function recordDays(
  session: Session,
  mart: string,
  partitions: readonly PartitionPlan[],
  number: number,
): Promise<void> {
  const statements = partitions
    .filter((partition) => partition.value !== null)
    .map(({ value, next }) => ({
      query:
        next !== undefined
          ? 'INSERT INTO served_days (mart, day) VALUES (?, ?)'
          : 'DELETE FROM served_days WHERE mart = ? AND day = ?',
      params: [mart, value],
    }));
  for (let from = 0; from < statements.length; from += daysInABatch) {
    await session.batch(statements.slice(from, from + daysInABatch), number);
  }
}

/** The days a mart has rows of, from one to another (both included, `YYYY-MM-DD`), ascending. */
export async function servedDays(session: Session, mart: string, from: string, to: string): Promise<string[]> {
  const rows = await session.execute(
    'SELECT day FROM served_days WHERE mart = ? AND day >= ? AND day <= ? ORDER BY day ASC',
    [mart, from, to],
  );
  return rows.map((row) => String(row.day));
}

/** The newest day of a mart that is not after `latest`, or null. */
export async function newestDay(session: Session, mart: string, latest: string): Promise<string | null> {
  const [row] = await session.execute('SELECT day FROM served_days WHERE mart = ? AND day <= ? LIMIT 1', [
    mart,
    latest,
  ]);
  return row === undefined ? null : String(row.day);
}
