/** Who may ask: everybody who reaches the port, or only those with the token, or only what comes through the proxy. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Problem, sendProblem } from './problem.ts';

export interface Access {
  /** As `Authorization: Bearer <token>`, or as the password of HTTP Basic, which browsers ask for; null: not asked for. */
  readonly token: string | null;
  /** A header that the reverse proxy sets, and its value where only one will do; null: not asked for. */
  readonly proxyHeader: { readonly name: string; readonly value: string | null } | null;
}

/** Turns every request away that lacks what is required, before anything else looks at it. */
export function guard(app: FastifyInstance, { token, proxyHeader }: Access): void {
  app.addHook('onRequest', async (request, reply) => {
    if (proxyHeader !== null && !isFromProxy(request, proxyHeader)) {
      return sendProblem(reply, new Problem('forbidden', 'The header that the reverse proxy sets is missing.'));
    }
    if (token !== null && !equal(secretOf(request.headers.authorization), token)) {
      reply.header('www-authenticate', 'Basic realm="Cloud Provider Analytics", charset="UTF-8"');
      const detail =
        'Send the token as "Authorization: Bearer <token>", or as the password of HTTP Basic with any user name.';
      return sendProblem(reply, new Problem('unauthorized', detail));
    }
    return undefined;
  });
}

function isFromProxy({ headers }: FastifyRequest, { name, value }: NonNullable<Access['proxyHeader']>): boolean {
  const given = headers[name.toLowerCase()];
  if (typeof given !== 'string' || given === '') return false;
  return value === null || equal(given, value);
}

/** The token, or the password of Basic (RFC 7617); empty without either. */
function secretOf(authorization: string | undefined): string {
  const [, scheme, credentials] = /^(Bearer|Basic) +(\S+)$/i.exec(authorization ?? '') ?? [];
  if (scheme === undefined || credentials === undefined) return '';
  if (scheme.toLowerCase() === 'bearer') return credentials;
  const decoded = Buffer.from(credentials, 'base64').toString();
  return decoded.slice(decoded.indexOf(':') + 1);
}

/** In a time that does not tell how much is right. */
function equal(a: string, b: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}
