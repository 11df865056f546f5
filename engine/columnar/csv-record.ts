/** Records and cells of CSV text, RFC 4180, in bytes. */

const QUOTE = 34;
const COMMA = 44;
const LF = 10;
const CR = 13;

/**
 * Splits CSV text into records. One object is reused: `next` moves it to the record that starts at a position, and its
 * fields describe that record until the next call.
 *
 * A cell is quoted when it starts with a quote; then commas and line ends belong to it and `""` is a quote. A record ends
 * at LF or CRLF outside quotes, or at the end of the bytes. A record that breaks the grammar ends at the first line end
 * after the mistake; one whose last quote is never closed is only its first line, so that what follows is read.
 */
export class CsvRecord {
  /** Where the record's text ends, and where the next record starts. */
  end = 0;
  nextStart = 0;
  /** Line ends inside the record and after it: what to add to the line number. */
  lines = 0;
  /** Cells of the record; 0 when it is malformed. */
  cells = 0;
  /** Why the record is malformed, or null. */
  problem: string | null = null;
  private readonly bytes: Uint8Array;
  private starts = new Int32Array(64);
  private ends = new Int32Array(64);
  /** 0 plain, 1 quoted, 2 quoted with doubled quotes inside. */
  private quoting = new Uint8Array(64);

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** Reads the record that starts at `start`, a position before the end of the bytes. */
  next(start: number): void {
    const { bytes } = this;
    this.cells = 0;
    this.lines = 0;
    this.problem = null;
    let p = start;
    for (;;) {
      p = bytes[p] === QUOTE ? this.quoted(p) : this.plain(p);
      if (this.problem !== null) break;
      if (bytes[p] !== COMMA) break;
      p++;
    }
    if (this.problem === unterminated) {
      p = start;
      this.lines = 0;
    }
    if (this.problem !== null) {
      this.cells = 0;
      while (!this.endsLine(p)) p++;
    }
    this.end = p;
    if (bytes[p] === CR) p++;
    if (bytes[p] === LF) {
      this.lines++;
      p++;
    }
    this.nextStart = p;
  }

  /** Where the text of cell `i` starts, without its quotes. */
  start(i: number): number {
    return this.starts[i]!;
  }

  /** Where it ends. */
  stop(i: number): number {
    return this.ends[i]!;
  }

  /** Whether the text has doubled quotes that stand for one. */
  hasDoubledQuotes(i: number): boolean {
    return this.quoting[i] === 2;
  }

  /** Position after an unquoted cell: of the comma or line end that ends it, or the end of the bytes. */
  private plain(start: number): number {
    const { bytes } = this;
    let p = start;
    for (; p < bytes.length; p++) {
      const byte = bytes[p]!;
      if (byte === COMMA || byte === LF || (byte === CR && this.endsLine(p))) break;
      if (byte === QUOTE) {
        this.problem = 'a quote inside a cell that does not start with one';
        return p;
      }
    }
    this.add(start, p, 0);
    return p;
  }

  /** Position after the closing quote of the cell whose opening quote is at `open`. */
  private quoted(open: number): number {
    const { bytes } = this;
    let p = open + 1;
    let quoting = 1;
    for (; ; p++) {
      if (p >= bytes.length) {
        this.problem = unterminated;
        return p;
      }
      const byte = bytes[p]!;
      if (byte === LF) this.lines++;
      if (byte !== QUOTE) continue;
      if (bytes[p + 1] !== QUOTE) break;
      quoting = 2;
      p++;
    }
    this.add(open + 1, p, quoting);
    p++;
    if (bytes[p] !== COMMA && !this.endsLine(p)) this.problem = 'text after the closing quote of a cell';
    return p;
  }

  /** Whether LF, CRLF or the end of the bytes is at `p`; a last CR is a CRLF cut short. */
  private endsLine(p: number): boolean {
    const { bytes } = this;
    const byte = bytes[p];
    if (byte === CR) return p + 1 === bytes.length || bytes[p + 1] === LF;
    return byte === LF || p >= bytes.length;
  }

  private add(start: number, end: number, quoting: number): void {
    if (this.cells === this.starts.length) {
      this.starts = grown(this.starts, this.cells * 2);
      this.ends = grown(this.ends, this.cells * 2);
      const kinds = new Uint8Array(this.cells * 2);
      kinds.set(this.quoting);
      this.quoting = kinds;
    }
    this.starts[this.cells] = start;
    this.ends[this.cells] = end;
    this.quoting[this.cells++] = quoting;
  }
}

const unterminated = 'a quote that is never closed';

function grown(values: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const copy = new Int32Array(length);
  copy.set(values);
  return copy;
}
