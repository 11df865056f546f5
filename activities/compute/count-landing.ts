/** Task: rows in landing files, counted without the decoder that Bronze uses. */
import { LandingFile } from './landing-file.ts';

export interface CountLandingInput {
  readonly landing: string;
  /** Files with the end of what was consumed. */
  readonly files: readonly { readonly file: string; readonly toByte: number }[];
}

export interface CountedLanding {
  readonly rows: number;
  /** Files that are not there any more, not readable, or shorter than what was consumed: their rows are not counted. */
  readonly gone: number;
}

/** Counts lines that are not white space only, up to the consumed end of each file. */
export function countLanding(input: CountLandingInput): CountedLanding {
  let rows = 0;
  let gone = 0;
  for (const { file, toByte } of input.files) {
    const counted = rowsOf(input.landing, file, toByte);
    if (counted === null) gone++;
    else rows += counted;
  }
  return { rows, gone };
}

function rowsOf(landing: string, name: string, toByte: number): number | null {
  let file: LandingFile;
  try {
    file = new LandingFile(landing, name);
  } catch {
    return null;
  }
  try {
    return file.size < toByte ? null : countRows(file, toByte);
  } finally {
    file.close();
  }
}

/** Bytes read at once. */
const pieceBytes = 1 << 20;

function countRows(file: LandingFile, toByte: number): number {
  let rows = 0;
  let blank = true;
  for (let at = 0; at < toByte; at += pieceBytes) {
    const piece = file.bytes(at, Math.min(toByte, at + pieceBytes));
    for (let i = 0; i < piece.length; i++) {
      const byte = piece[i]!;
      if (byte === 10) {
        if (!blank) rows++;
        blank = true;
      } else if (byte !== 32 && byte !== 9 && byte !== 13 && !(at === 0 && i < 3 && isBom(i, byte))) blank = false;
    }
  }
  return blank ? rows : rows + 1;
}

function isBom(i: number, byte: number): boolean {
  return byte === [0xef, 0xbb, 0xbf][i];
}
