/** One migrator at a time: a lock row taken by a lightweight transaction. */
import cassandra from 'cassandra-driver';
import type { Session } from './session.ts';
import { CassandraUnavailable } from './unavailable.ts';

/** A holder that dies frees the lock after this time. */
const leaseSeconds = 60;
const pollMs = 150;

/**
 * Runs `work` while holding the lock, waiting for whoever has it; `work` gets a function that renews the lease, to be called
 * between steps of less than a minute. Throws when the lock stays taken for two leases.
 */
export async function withMigrationLock<T>(
  session: Session,
  work: (renew: () => Promise<void>) => Promise<T>,
): Promise<T> {
  const owner = cassandra.types.Uuid.random();
  const deadline = Date.now() + 2 * leaseSeconds * 1000;
  while (!(await acquire(session, owner))) {
    if (Date.now() > deadline) throw new Error(`${session.place}: another migration has held the lock for too long`);
    await new Promise((wake) => setTimeout(wake, pollMs));
  }
  try {
    return await work(async () => {
      const renewed = `UPDATE schema_lock USING TTL ${leaseSeconds} SET owner = ? WHERE name = 'migration' IF owner = ?`;
      const [row] = await session.executeOnce(renewed, [owner, owner]);
      if (row?.['[applied]'] !== true)
        throw new Error(`${session.place}: the migration lock was lost to another migration`);
    });
  } finally {
    await session.executeOnce(`DELETE FROM schema_lock WHERE name = 'migration' IF owner = ?`, [owner]);
  }
}

async function acquire(session: Session, owner: cassandra.types.Uuid): Promise<boolean> {
  const taken = `INSERT INTO schema_lock (name, owner) VALUES ('migration', ?) IF NOT EXISTS USING TTL ${leaseSeconds}`;
  try {
    const [row] = await session.executeOnce(taken, [owner]);
    // An attempt whose answer was lost may have taken it for us.
    return row?.['[applied]'] === true || owner.equals(row?.owner);
  } catch (error) {
    if (error instanceof CassandraUnavailable) return false;
    throw error;
  }
}
