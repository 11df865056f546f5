/** Answers with an entity tag: computed once for each state of what they come from, sent whole only to whom has another. */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyReply } from 'fastify';
import { LRUCache } from 'lru-cache';

const compress = promisify(gzip);

interface Answer {
  readonly body: Buffer;
  zipped: Promise<Buffer> | null;
}

const keptBytes = 64 * 1024 * 1024;
/** Smaller bodies are on their way sooner as they are. */
const worthZipping = 4096;
/** The fastest: the better ones take twice the time for a tenth less. */
const zipLevel = 1;

export type Answers = (
  reply: FastifyReply,
  sources: readonly unknown[],
  compute: () => Promise<unknown>,
) => Promise<FastifyReply>;

/**
 * Sends what `compute` gives as JSON. `sources` are the publications or table versions that it is computed from: while they stay,
 * so does the entity tag (RFC 9110, section 8.8.3), and nothing is computed again.
 */
export function answers(): Answers {
  const kept = new LRUCache<string, Answer>({
    maxSize: keptBytes,
    sizeCalculation: ({ body }) => Math.ceil(body.length * 1.25) + 1,
  });
  return async (reply, sources, compute) => {
    const { url, headers } = reply.request;
    const tag = `W/"${createHash('sha256').update(JSON.stringify(sources)).digest('base64url').slice(0, 22)}"`;
    const known = { etag: tag, 'cache-control': 'no-cache', vary: 'accept-encoding' };
    if (headers['if-none-match']?.includes(tag)) return reply.headers(known).code(304).send();
    const key = `${tag} ${url}`;
    let answer = kept.get(key);
    if (answer === undefined) {
      answer = { body: Buffer.from(JSON.stringify(await compute())), zipped: null };
      kept.set(key, answer);
    }
    // Only now: a problem has no tag.
    reply.headers(known).type('application/json; charset=utf-8');
    if (answer.body.length < worthZipping || !acceptsGzip(headers['accept-encoding'])) return reply.send(answer.body);
    answer.zipped ??= compress(answer.body, { level: zipLevel });
    return reply.header('content-encoding', 'gzip').send(await answer.zipped);
  };
}

function acceptsGzip(accepted: string | string[] | undefined): boolean {
  return /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/.test(String(accepted ?? ''));
}
