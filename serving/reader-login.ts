import { randomBytes } from 'node:crypto';
import type { Session } from './session.ts';

/** The login's name; what it may do is what the role `cpa_reader` may. */
const username = 'cpa_dashboard';

/** A login to a Cassandra of our own that only reads, with a password made for this time. */
export async function readerLogin(session: Session): Promise<{ readonly username: string; readonly password: string }> {
  const password = randomBytes(24).toString('base64url');
  await session.executeOnce(`CREATE ROLE IF NOT EXISTS ${username} WITH LOGIN = true AND SUPERUSER = false`);
  await session.executeOnce(`ALTER ROLE ${username} WITH PASSWORD = '${password}'`);
  const roles = await session.executeOnce(`LIST ROLES OF ${username}`);
  // It is an error to grant a role once more.
  if (!roles.some(({ role }) => role === 'cpa_reader')) await session.executeOnce(`GRANT cpa_reader TO ${username}`);
  return { username, password };
}
