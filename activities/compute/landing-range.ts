import type { BlockHashes } from './landing-file.ts';

/** A range of complete lines of one landing file, as planned for a micro-batch. */
export interface LandingRange extends BlockHashes {
  /** Path relative to the landing zone. */
  readonly file: string;
  readonly generation: number;
  readonly fromByte: number;
  readonly toByte: number;
  /** Number of the first line, from 1. */
  readonly fromLine: number;
  /** Line ends in it. */
  readonly lines: number;
  /** When the file landed (its modification time), microseconds. */
  readonly landedUs: number;
}

/** Rows to expect: a line end each, or one without; fewer when the lines are too short to be events, as in a file of blank ones. */
export function rowsIn({ fromByte, toByte, lines }: Pick<LandingRange, 'fromByte' | 'toByte' | 'lines'>): number {
  return Math.min(lines, (toByte - fromByte) >> 6) + 1;
}
