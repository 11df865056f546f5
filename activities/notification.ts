/**
 * A notification: one signed HTTP request.
 *
 * A receiver checks `X-CPA-Signature` with its copy of the key: `sha256=` and the hexadecimal HMAC-SHA256 of
 * `<X-CPA-Timestamp>.<body>`. The timestamp, in seconds since 1970, is that of the attempt, so old ones can be turned away. All
 * attempts for the same thing have the same body and the same `Idempotency-Key`.
 */
import { createHash, createHmac, type KeyObject } from 'node:crypto';

/** Where notifications go, and the key that signs them. */
export interface Receiver {
  readonly url: string;
  readonly key: KeyObject;
}

/** What a receiver is told: there is one of it for each id, however often it is sent. */
export interface Notification {
  readonly id: string;
  /** JSON. */
  readonly body: string;
}

/** What became of one request. `failed`: no answer, or one that asks for another attempt. */
export type Answer =
  | { readonly kind: 'delivered' | 'refused'; readonly status: number }
  | {
      readonly kind: 'failed';
      readonly status: number | null;
      readonly reason: string;
      /** How long the receiver asks to be left alone; null when it does not. */
      readonly retryAfterMs: number | null;
    };

/** A receiver that has not answered after this is taken to be away. */
const answerMs = 5000;
/** Longer idempotency keys are not good for a header. */
const longestKey = 200;

/** Sends the notification once. Never throws; what it says of a failure names no address. */
export async function post(
  { url, key }: Receiver,
  { id, body }: Notification,
  nowMs: number,
  timeoutMs = answerMs,
): Promise<Answer> {
  const timestamp = String(Math.floor(nowMs / 1000));
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        'Idempotency-Key': idempotencyKey(id),
        'X-CPA-Timestamp': timestamp,
        'X-CPA-Signature': signature(key, timestamp, body),
      },
      body,
      // What is signed for one address is not for another.
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    await response.body?.cancel().catch(() => undefined);
    return answerOf(response, nowMs);
  } catch (error) {
    return { kind: 'failed', status: null, reason: reasonOf(error, timeoutMs), retryAfterMs: null };
  }
}

/** The value of `X-CPA-Signature`. */
export function signature(key: KeyObject, timestamp: string, body: string): string {
  return `sha256=${createHmac('sha256', key).update(`${timestamp}.${body}`).digest('hex')}`;
}

/** The id where a header can hold it; percent-encoded where it has other characters, its hash where it is too long. */
export function idempotencyKey(id: string): string {
  const encoded = encodeURI(id);
  return encoded.length <= longestKey ? encoded : createHash('sha256').update(id).digest('hex');
}

function answerOf({ status, headers }: Response, nowMs: number): Answer {
  if (status >= 200 && status < 300) return { kind: 'delivered', status };
  if (status < 500 && status !== 429) return { kind: 'refused', status };
  const retryAfterMs = retryAfter(headers.get('retry-after'), nowMs);
  return { kind: 'failed', status, reason: `answered with ${status}`, retryAfterMs };
}

/** RFC 9110, 10.2.3: seconds, or a date. */
function retryAfter(value: string | null, nowMs: number): number | null {
  if (value === null) return null;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - nowMs;
  return Number.isNaN(ms) ? null : Math.max(0, ms);
}

function reasonOf(error: unknown, timeoutMs: number): string {
  if (error instanceof Error && error.name === 'TimeoutError') return `did not answer within ${timeoutMs} ms`;
  const { code } = ((error as Error).cause ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' ? `cannot be reached (${code})` : `cannot be reached (${(error as Error).name})`;
}
