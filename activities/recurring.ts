/** Work beside the micro-batches of a round of the stream: done when somebody asks for it, or when it has asked for that itself. */

const leastPauseMs = 250;
const mostPauseMs = 10_000;
/** What a timer can hold. */
const longestSleepMs = 2 ** 31 - 1;

/** Repeats a piece of work, one at a time. A failure stops nobody: it is kept, and the work is tried again after a pause. */
export class Recurring {
  readonly #work: () => Promise<number>;
  #asked = false;
  #closed = false;
  #problem: string | null = null;
  #wake: () => void = () => undefined;
  #askers: (() => void)[] = [];
  readonly #ended: Promise<void>;

  /** `work` returns after how many milliseconds it wants to be done again when nobody asks; Infinity: never. */
  constructor(work: () => Promise<number>) {
    this.#work = work;
    this.#ended = this.#loop();
  }

  /** Why the last time failed; null when it did not. */
  get problem(): string | null {
    return this.#problem;
  }

  /**
   * There is something to do. Resolves when it has been done or has failed; at once while the pause after a failure lasts, which is
   * kept.
   */
  ask(): Promise<void> {
    this.#asked = true;
    if (this.#problem !== null) return Promise.resolve();
    this.#wake();
    return new Promise((resolve) => this.#askers.push(resolve));
  }

  /** Does what was asked for, unless that fails, and ends. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#wake();
    await this.#ended;
  }

  async #loop(): Promise<void> {
    let waitMs = Number.POSITIVE_INFINITY;
    let pauseMs = leastPauseMs;
    for (;;) {
      if (!this.#closed && (this.#problem !== null || !this.#asked)) await this.#sleep(waitMs);
      if (this.#closed && (this.#problem !== null || !this.#asked)) return;
      this.#asked = false;
      const askers = this.#askers.splice(0);
      try {
        waitMs = await this.#work();
        this.#problem = null;
        pauseMs = leastPauseMs;
      } catch (error) {
        this.#problem = error instanceof Error ? error.message : String(error);
        this.#asked = true;
        waitMs = pauseMs;
        pauseMs = Math.min(mostPauseMs, pauseMs * 2);
      }
      for (const tell of askers) tell();
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
