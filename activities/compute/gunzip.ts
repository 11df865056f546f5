/** Decompressing a whole gzip file, or none of it. */
import { gunzipSync } from 'node:zlib';

/** Most bytes that a compressed landing file may hold: they are in memory at once. */
export const maxGunzippedBytes = 1024 ** 3;

/** Deflate makes nothing smaller than this part of it. */
const bestRatio = 1032;

/**
 * What a gzip file holds, of all its members. Throws when it is damaged or cut off anywhere, when something else follows its last
 * member (zeros may, as tapes and some tools leave them), and when it holds more than `maxBytes`.
 */
export function gunzip(file: Buffer, maxBytes = maxGunzippedBytes): Buffer {
  const { buffer, engine } = gunzipInOneGo(file, maxBytes);
  // Node stops without an error where no further member begins.
  for (let at = engine.bytesWritten; at < file.length; at++) {
    if (file[at] !== 0) {
      throw new Error(`not a whole gzip file: what follows byte ${engine.bytesWritten} of ${file.length} is no gzip`);
    }
  }
  return buffer;
}

function gunzipInOneGo(file: Buffer, maxBytes: number): { buffer: Buffer; engine: { bytesWritten: number } } {
  // The last four bytes say how much the last member holds: mostly all of it, which then needs no joining.
  const stated = file.length < 4 ? 0 : file.readUInt32LE(file.length - 4);
  const chunkSize = Math.max(65_536, Math.min(stated, file.length * bestRatio, maxBytes) + 1);
  try {
    const options = { maxOutputLength: maxBytes, chunkSize, info: true };
    return gunzipSync(file, options) as unknown as { buffer: Buffer; engine: { bytesWritten: number } };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBytes);
    if (code?.startsWith('Z_') === true && code !== 'Z_MEM_ERROR') {
      throw new Error(`not a whole gzip file: ${message}`, { cause: error });
    }
    throw error;
  }
}

/** The error for a file that holds more than `maxBytes`; it does when it is larger than that itself. */
export function tooLarge(maxBytes: number): Error {
  return new Error(
    `a gzip file may hold ${maxBytes} bytes at most, and this one holds more: split it, or land it without compression`,
  );
}
