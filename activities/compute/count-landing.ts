/** Task: rows in landing files, counted without the decoder that Bronze uses. */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';

export interface CountLandingInput {
  readonly landing: string;
  /** Files with the end of what was consumed. */
  readonly files: readonly { readonly file: string; readonly toByte: number }[];
}

export interface CountedLanding {
  readonly rows: number;
  /** Files that are not there any more, or shorter than what was consumed: their rows are not counted. */
  readonly gone: number;
}

/** Counts lines that are not white space only, up to the consumed end of each file. */
export function countLanding(input: CountLandingInput): CountedLanding {
  let rows = 0;
  let gone = 0;
  for (const { file, toByte } of input.files) {
    const path = join(input.landing, file);
    if ((statSync(path, { throwIfNoEntry: false })?.size ?? -1) < toByte) {
      gone++;
      continue;
    }
    const fd = openSync(path, 'r');
    try {
      rows += countRows(fd, toByte);
    } finally {
      closeSync(fd);
    }
  }
  return { rows, gone };
}

const block = Buffer.alloc(1 << 20);

function countRows(fd: number, toByte: number): number {
  let rows = 0;
  let blank = true;
  for (let at = 0; at < toByte; ) {
    const n = readSync(fd, block, 0, Math.min(block.length, toByte - at), at);
    if (n === 0) throw new Error(`landing file ends at byte ${at}, ${toByte} were consumed`);
    for (let i = 0; i < n; i++) {
      const byte = block[i]!;
      if (byte === 10) {
        if (!blank) rows++;
        blank = true;
      } else if (byte !== 32 && byte !== 9 && byte !== 13 && !(at === 0 && i < 3 && isBom(i, byte))) blank = false;
    }
    at += n;
  }
  return blank ? rows : rows + 1;
}

function isBom(i: number, byte: number): boolean {
  return byte === [0xef, 0xbb, 0xbf][i];
}
