/**
 * A blob whose bytes are in memory and are given out at once: making a blob of the runtime's own costs more than reading a small
 * file, and so does every slice of it. Does what a `Blob` does without being an instance of it.
 */
export class MemoryBlob implements Blob {
  readonly type = '';
  readonly #bytes: Uint8Array<ArrayBuffer>;

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#bytes = bytes;
  }

  get size(): number {
    return this.#bytes.length;
  }

  /** Offsets as in `Blob.slice`: negative ones count from the end. */
  slice(start?: number, end?: number): Blob {
    return new MemoryBlob(this.#bytes.subarray(start, end));
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return Promise.resolve(new Uint8Array(this.#bytes).buffer);
  }

  bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return Promise.resolve(new Uint8Array(this.#bytes));
  }

  text(): Promise<string> {
    return new Blob([this.#bytes]).text();
  }

  stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return new Blob([this.#bytes]).stream();
  }
}
