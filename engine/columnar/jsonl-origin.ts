/** Where the rows of a batch of JSON lines come from, under construction. */

/** File, line, position and length of each row, in arrays that double when they are full. */
export class OriginBuilder {
  private file: Int32Array;
  private line: Int32Array;
  private offset: Float64Array;
  private byteLength: Int32Array;

  /** Makes room for `expectedRows` at once. */
  constructor(expectedRows: number) {
    const rows = Math.max(1024, expectedRows);
    this.file = new Int32Array(rows);
    this.line = new Int32Array(rows);
    this.offset = new Float64Array(rows);
    this.byteLength = new Int32Array(rows);
  }

  /** The line a row was read from. Rows come in order. */
  set(row: number, line: number, offset: number, byteLength: number): void {
    if (row === this.line.length) this.grow(row * 2);
    this.line[row] = line;
    this.offset[row] = offset;
    this.byteLength[row] = byteLength;
  }

  /** The file that rows `from … to` were read from. */
  setFile(file: number, from: number, to: number): void {
    this.file.fill(file, from, to);
  }

  /** The first `rows` rows, over the arrays that were filled. */
  finish(rows: number): { file: Int32Array; line: Int32Array; offset: Float64Array; byteLength: Int32Array } {
    return {
      file: this.file.subarray(0, rows),
      line: this.line.subarray(0, rows),
      offset: this.offset.subarray(0, rows),
      byteLength: this.byteLength.subarray(0, rows),
    };
  }

  private grow(rows: number): void {
    this.file = grownInt32(this.file, rows);
    this.line = grownInt32(this.line, rows);
    this.byteLength = grownInt32(this.byteLength, rows);
    const offset = new Float64Array(rows);
    offset.set(this.offset);
    this.offset = offset;
  }
}

function grownInt32(values: Int32Array, rows: number): Int32Array {
  const grown = new Int32Array(rows);
  grown.set(values);
  return grown;
}
