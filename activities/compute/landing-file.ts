/** Reading landing files by position, and what tells one generation of a file from the next. */
import { createHash } from 'node:crypto';
import { readSync } from 'node:fs';

/** Hashes of a file's first block and of the last block before a position, each of at most 4 KiB. */
export interface BlockHashes {
  readonly headHash: string;
  readonly tailHash: string;
}

const hashedBytes = 4096;

/** Hashes of what of the open file stands before byte `to`. Throws when the file is shorter. */
export function blockHashes(fd: number, to: number): BlockHashes {
  return {
    headHash: hashOf(readAt(fd, 0, Math.min(hashedBytes, to))),
    tailHash: hashOf(readAt(fd, Math.max(0, to - hashedBytes), to)),
  };
}

let block = Buffer.alloc(1 << 20);

/** Bytes `from … to` of the open file, valid until the next call. Throws when the file is shorter. */
export function readAt(fd: number, from: number, to: number): Buffer {
  const length = to - from;
  if (block.length < length) block = Buffer.alloc(length);
  readInto(block, fd, from, length);
  return block.subarray(0, length);
}

/** Fills the first `length` bytes of `into` from byte `from` on. Throws when the file is shorter. */
export function readInto(into: Uint8Array, fd: number, from: number, length: number): void {
  let done = 0;
  while (done < length) {
    const n = readSync(fd, into, done, length - done, from + done);
    if (n === 0) throw new Error(`the file ends at byte ${from + done}, expected ${from + length}`);
    done += n;
  }
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64url').slice(0, 22);
}
