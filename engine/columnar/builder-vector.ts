/** Plain numbers under construction, in typed arrays that double. */

/** 32-bit integers under construction. */
export class Int32Vector {
  private values = new Int32Array(256);
  private length = 0;

  push(value: number): void {
    if (this.length === this.values.length) {
      const grown = new Int32Array(this.length * 2);
      grown.set(this.values);
      this.values = grown;
    }
    this.values[this.length++] = value;
  }

  /** The values in an array of its own. */
  finish(): Int32Array {
    return this.values.slice(0, this.length);
  }
}

/** Float64 numbers under construction. */
export class Float64Vector {
  private values = new Float64Array(256);
  private length = 0;

  push(value: number): void {
    if (this.length === this.values.length) {
      const grown = new Float64Array(this.length * 2);
      grown.set(this.values);
      this.values = grown;
    }
    this.values[this.length++] = value;
  }

  /** The values in an array of its own. */
  finish(): Float64Array {
    return this.values.slice(0, this.length);
  }
}
