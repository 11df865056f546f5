/** What identifies the content of a landing file. */
import { createHash } from 'node:crypto';

/** 132 bits of the SHA-256 of the bytes, as 22 characters. */
export function contentHash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64url').slice(0, 22);
}
