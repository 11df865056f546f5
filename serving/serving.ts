/** A connected, migrated serving layer. */
import type { CassandraConfig } from './config.ts';
import { migrate } from './migrate.ts';
import { connect, type Session } from './session.ts';

/** Connects and applies the migrations that are missing. Throws as `connect` and `migrate` do. */
export async function openServing(config: CassandraConfig): Promise<Session> {
  const session = await connect(config);
  try {
    await migrate(session);
  } catch (error) {
    await session.close();
    throw error;
  }
  return session;
}
