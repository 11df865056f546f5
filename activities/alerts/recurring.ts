/** Work beside a round of the stream: done when somebody asks for it, or when it has asked for that itself. */

const leastPauseMs = 250;
const mostPauseMs = 10_000;
/** What a timer can hold. */
const longestSleepMs = 2 ** 31 - 1;

/** Repeats a piece of work, one at a time. A failure stops nobody: it is kept, and the work is tried again after a pause. */
export class Recurring {
  readonly #work: () => Promise<number>;
  #asked = true;
  #closed = false;
  #problem: string | null = null;
  #wake: () => void = () => undefined;
  readonly #ended: Promise<void>;

  /** Starts at once. `work` returns after how many milliseconds it wants to be done again when nobody asks; Infinity: never. */
  constructor(work: () => Promise<number>) {
    this.#work = work;
    this.#ended = this.#loop();
  }

  /** Why the last time failed; null when it did not. */
  get problem(): string | null {
    return this.#problem;
  }

  /** There is something to do. */
  ask(): void {
    this.#asked = true;
    // After a failure the pause is kept.
    if (this.#problem === null) this.#wake();
  }

  /** Does what was asked for, unless that fails, and ends. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#wake();
    await this.#ended;
  }

  async #loop(): Promise<void> {
    let pauseMs = leastPauseMs;
    while (this.#asked || !this.#closed) {
      this.#asked = false;
      try {
        const waitMs = await this.#work();
        this.#problem = null;
        pauseMs = leastPauseMs;
        if (waitMs > 0 && !this.#asked && !this.#closed) await this.#sleep(waitMs);
      } catch (error) {
        this.#problem = error instanceof Error ? error.message : String(error);
        if (this.#closed) return;
        this.#asked = true;
        await this.#sleep(pauseMs);
        pauseMs = Math.min(mostPauseMs, pauseMs * 2);
      }
    }
  }

  /** Until it is woken, or for so long. */
  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.min(ms, longestSleepMs));
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
