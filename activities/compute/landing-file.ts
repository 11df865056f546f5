/** Reading landing files by position, and what tells one generation of a file from the next. */
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';

/** Hashes of a file's first block and of the last block before a position, each of at most 4 KiB. */
export interface BlockHashes {
  readonly headHash: string;
  readonly tailHash: string;
}

const hashedBytes = 4096;
/** Room behind the bytes of a file: the decoder's scans may look a few bytes further. */
const slackBytes = 192;

/** What holds the bytes of the thread's open file. Grows to the longest piece that was asked for. */
let memory = Buffer.alloc((1 << 20) + slackBytes);
const block = Buffer.alloc(hashedBytes);

/** An open landing file, of which one piece is in memory. A thread has one open at a time. */
export class LandingFile {
  readonly size: number;
  readonly modifiedUs: number;
  readonly #fd: number;
  /** The piece in memory: bytes `#from … #to` of the file. */
  #from = 0;
  #to = 0;

  /** Throws when there is no such file to read. Close it. */
  constructor(landing: string, file: string) {
    this.#fd = openSync(join(landing, file), 'r');
    const { size, mtimeMs } = fstatSync(this.#fd);
    this.size = size;
    this.modifiedUs = Math.floor(mtimeMs * 1000);
  }

  /** Bytes `from … to`, valid until the next call; read only if they are not in memory. Throws when the file is shorter. */
  bytes(from: number, to: number): Buffer {
    if (from < this.#from || to > this.#to) {
      const length = to - from;
      if (memory.length < length + slackBytes) memory = Buffer.alloc(length + slackBytes);
      this.#to = this.#from;
      readInto(memory, this.#fd, from, length);
      this.#from = from;
      this.#to = to;
    }
    return memory.subarray(from - this.#from, to - this.#from);
  }

  /** Hashes of what stands before byte `to`. What `bytes` returned stays valid. Throws when the file is shorter. */
  blockHashes(to: number): BlockHashes {
    return {
      headHash: hashOf(this.#block(0, Math.min(hashedBytes, to))),
      tailHash: hashOf(this.#block(Math.max(0, to - hashedBytes), to)),
    };
  }

  close(): void {
    closeSync(this.#fd);
  }

  #block(from: number, to: number): Buffer {
    if (from >= this.#from && to <= this.#to) return memory.subarray(from - this.#from, to - this.#from);
    readInto(block, this.#fd, from, to - from);
    return block.subarray(0, to - from);
  }
}

/** Fills the first `length` bytes of `into` from byte `from` on. Throws when the file is shorter. */
function readInto(into: Uint8Array, fd: number, from: number, length: number): void {
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
