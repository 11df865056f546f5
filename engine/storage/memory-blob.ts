/** A blob whose bytes are in memory and are given out at once: the runtime's own blobs queue every read behind others. */
export class MemoryBlob extends Blob {
  override readonly size: number;
  readonly #bytes: Uint8Array<ArrayBuffer>;

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    super([]);
    this.size = bytes.length;
    this.#bytes = bytes;
  }

  /** Offsets as in `Blob.slice`: negative ones count from the end. */
  override slice(start?: number, end?: number): MemoryBlob {
    return new MemoryBlob(this.#bytes.subarray(start, end));
  }

  override arrayBuffer(): Promise<ArrayBuffer> {
    return Promise.resolve(new Uint8Array(this.#bytes).buffer);
  }

  override text(): Promise<string> {
    return new Blob([this.#bytes]).text();
  }

  override stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return new Blob([this.#bytes]).stream();
  }
}
