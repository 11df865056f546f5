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
