/** Reading landing files by position, and what tells one generation of a file from the next. */
import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { isGzip } from '../landing-names.ts';
import { gunzip, maxGunzippedBytes, tooLarge } from './gunzip.ts';

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

/** Opening a pipe that nobody writes to would wait for ever. */
const openFlags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * An open landing file, of which one piece is in memory. A thread has one open at a time. Positions and sizes are those of its
 * content; a compressed file is decompressed when it is opened, all of it.
 */
export class LandingFile {
  /** Bytes of content. */
  readonly size: number;
  /** Bytes on disk. */
  readonly fileSize: number;
  readonly modifiedUs: number;
  readonly #fd: number;
  /** The content of a compressed file; null when the file is the content. */
  readonly #content: Buffer | null = null;
  /** The piece in memory: bytes `#from … #to` of the content. */
  #from = 0;
  #to = 0;

  /** Throws when there is no such file to read, or it is compressed and not whole. Close it. */
  constructor(landing: string, file: string) {
    this.#fd = openSync(join(landing, file), openFlags);
    try {
      const stats = fstatSync(this.#fd);
      if (!stats.isFile()) throw new Error(stats.isDirectory() ? 'EISDIR: it is a folder' : 'it is not a regular file');
      this.fileSize = stats.size;
      this.modifiedUs = Math.floor(stats.mtimeMs * 1000);
      if (isGzip(file)) this.#content = gunzipped(this.#fd, stats.size);
      this.size = this.#content?.length ?? stats.size;
    } catch (error) {
      closeSync(this.#fd);
      throw error;
    }
  }

  /** Bytes `from … to`, valid until the next call; read only if they are not in memory. Throws when the file is shorter. */
  bytes(from: number, to: number): Buffer {
    if (from < this.#from || to > this.#to) {
      const length = to - from;
      if (memory.length < length + slackBytes) memory = Buffer.alloc(length + slackBytes);
      this.#to = this.#from;
      this.#read(memory, from, length);
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
    this.#read(block, from, to - from);
    return block.subarray(0, to - from);
  }

  #read(into: Buffer, from: number, length: number): void {
    if (this.#content === null) readInto(into, this.#fd, from, length);
    else if (from + length > this.size) throw endsAt(this.size, from + length);
    else this.#content.copy(into, 0, from, from + length);
  }
}

function gunzipped(fd: number, size: number): Buffer {
  if (size > maxGunzippedBytes) throw tooLarge(maxGunzippedBytes);
  const compressed = Buffer.allocUnsafe(size);
  readInto(compressed, fd, 0, size);
  return gunzip(compressed);
}

/** Fills the first `length` bytes of `into` from byte `from` on. Throws when the file is shorter. */
function readInto(into: Uint8Array, fd: number, from: number, length: number): void {
  let done = 0;
  while (done < length) {
    const n = readSync(fd, into, done, length - done, from + done);
    if (n === 0) throw endsAt(from + done, from + length);
    done += n;
  }
}

function endsAt(end: number, expected: number): Error {
  return new Error(`the file ends at byte ${end}, expected ${expected}`);
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64url').slice(0, 22);
}
