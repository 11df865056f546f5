/** Landing ranges that were found and are not in Bronze yet: those that wait for their micro-batch, and those of the one under way. */
import type { MeasuredFile, MeasuredRange } from '../compute/measure-files.ts';
import type { PlannedRange } from '../landing-state.ts';

/** How far the stream is behind. */
export interface Lag {
  readonly files: number;
  readonly bytes: number;
  /** Since the oldest of them was last written; 0 when nothing waits. */
  readonly seconds: number;
}

/** In the order in which the files were found. */
export class LandingQueue {
  readonly #files = new Map<string, readonly PlannedRange[]>();
  #bytes = 0;
  #underWay: readonly PlannedRange[] = [];

  /** Whether nothing waits. */
  get isEmpty(): boolean {
    return this.#files.size === 0;
  }

  /** All that is not in Bronze yet. */
  get bytes(): number {
    return this.#bytes + bytesIn(this.#underWay);
  }

  /** Takes in what a file has that is new, in place of what was found of it before. */
  put(measured: MeasuredFile): void {
    const { file, ranges } = measured;
    this.#bytes += bytesIn(ranges) - bytesIn(this.#files.get(file) ?? []);
    if (ranges.length === 0) this.#files.delete(file);
    else
      this.#files.set(
        file,
        ranges.map((range) => plannedRange(measured, range)),
      );
  }

  /** The ranges of the next micro-batch: up to `maxBytes` and `maxFiles`, at least one. They are under way until it is `done`. */
  take(maxBytes: number, maxFiles: number): PlannedRange[] {
    const taken: PlannedRange[] = [];
    let bytes = 0;
    let files = 0;
    for (const [file, ranges] of this.#files) {
      let count = 0;
      while (count < ranges.length && (taken.length === 0 || bytes + bytesIn([ranges[count]!]) <= maxBytes)) {
        bytes += bytesIn([ranges[count]!]);
        taken.push(ranges[count++]!);
      }
      if (count < ranges.length) {
        this.#files.set(file, ranges.slice(count));
        break;
      }
      this.#files.delete(file);
      if (++files === maxFiles) break;
    }
    this.#bytes -= bytes;
    this.#underWay = taken;
    return taken;
  }

  /** What was taken last is in Bronze. */
  done(): void {
    this.#underWay = [];
  }

  clear(): void {
    this.#files.clear();
    this.#bytes = 0;
    this.#underWay = [];
  }

  lag(nowMs: number): Lag {
    let oldestUs = nowMs * 1000;
    const look = ({ modifiedUs }: PlannedRange): void => {
      oldestUs = Math.min(oldestUs, modifiedUs);
    };
    for (const [first] of this.#files.values()) look(first!);
    this.#underWay.forEach(look);
    return {
      files: new Set([...this.#files.keys(), ...this.#underWay.map(({ file }) => file)]).size,
      bytes: this.bytes,
      seconds: Math.round(nowMs - oldestUs / 1000) / 1000,
    };
  }
}

function plannedRange(measured: MeasuredFile, range: MeasuredRange): PlannedRange {
  const { file, generation, modifiedUs, fileSize, size } = measured;
  return { ...range, file, generation, modifiedUs, fileSize: range.toByte === size ? fileSize : null };
}

function bytesIn(ranges: readonly { readonly fromByte: number; readonly toByte: number }[]): number {
  return ranges.reduce((n, range) => n + range.toByte - range.fromByte, 0);
}
