/** Answers with an entity tag: computed once for each state of what they come from, sent whole only to whom has another. */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { FastifyReply } from 'fastify';
import { LRUCache } from 'lru-cache';

const [compress, decompress] = [promisify(gzip), promisify(gunzip)];

/** As it is kept: what stays for long is small, so that the garbage collector seldom has to look at everything. */
interface Answer {
  readonly bytes: Buffer;
  readonly isZipped: boolean;
}

const keptBytes = 32 * 1024 * 1024;
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
  const kept = new LRUCache<string, Answer>({ maxSize: keptBytes, sizeCalculation: ({ bytes }) => bytes.length + 1 });
  return async (reply, sources, compute) => {
    const { url, headers } = reply.request;
    const tag = `W/"${createHash('sha256').update(JSON.stringify(sources)).digest('base64url').slice(0, 22)}"`;
    const known = { etag: tag, 'cache-control': 'no-cache', vary: 'accept-encoding' };
    if (headers['if-none-match']?.includes(tag)) return reply.headers(known).code(304).send();
    const key = `${tag} ${url}`;
    let answer = kept.get(key);
    if (answer === undefined) {
      answer = await answerOf(JSON.stringify(await compute()));
      kept.set(key, answer);
    }
    // Only now: a problem has no tag.
    reply.headers(known).type('application/json; charset=utf-8');
    if (!answer.isZipped) return reply.send(answer.bytes);
    if (!acceptsGzip(headers['accept-encoding'])) return reply.send(await decompress(answer.bytes));
    return reply.header('content-encoding', 'gzip').send(answer.bytes);
  };
}

async function answerOf(text: string): Promise<Answer> {
  const bytes = Buffer.from(text);
  if (bytes.length < worthZipping) return { bytes, isZipped: false };
  // A copy: what zlib gives is a part of a larger buffer.
  return { bytes: Buffer.from(await compress(bytes, { level: zipLevel })), isZipped: true };
}

function acceptsGzip(accepted: string | string[] | undefined): boolean {
  return /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/.test(String(accepted ?? ''));
}
