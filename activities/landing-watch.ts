/** Notices at once what changes among the event files of a landing zone. */
import { watch } from 'node:fs';
import { type WatchedBy, WatchedFolder } from './watched-folder.ts';

export interface LandingWatch {
  /**
   * Names (relative to the landing zone) of event files that may have changed since the last call. `all`: anything may have
   * changed (the first call, a folder that appeared, too much at once, an error, or the last time is `rescanMs` ago): scan
   * everything.
   */
  take(): { readonly all: boolean; readonly files: readonly string[] };
  /** Event files that may have changed since the last `take`; 0 when anything may have. */
  readonly noticed: number;
  /** Resolves when `take` has something to give, or after `timeoutMs`, or when the signal aborts. Never rejects. */
  wait(timeoutMs: number, signal: AbortSignal): Promise<void>;
  close(): void;
}

export interface LandingWatchOptions {
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** After so long everything is scanned even if nothing was noticed: some file systems (mounts over a network) tell nothing. */
  readonly rescanMs: number;
  /** Told when a folder cannot be watched, once for each kind of error, until all are watched again. */
  readonly onProblem?: (problem: string) => void;
  /** How a folder is watched; default `fs.watch`. */
  readonly watch?: WatchedBy['watch'];
}

/** Names kept; when there are more, a scan costs less than asking for each. */
const mostNames = 10_000;
/**
 * Events that may come in one turn of the event loop. The system queues 16,384 of them (by default) while the loop is held up, and
 * drops what comes then without saying so.
 */
const mostEvents = 8_000;
/** The longest time that a timer takes. */
const longestMs = 2 ** 31 - 1;

/**
 * Watches the landing zone, a watcher for each folder of event files, whether or not any of them exists yet. What cannot be
 * watched is left to the scans every `rescanMs`, with which watching it is tried again; so is the growth of a file behind a link.
 */
export function watchLanding(landing: string, options: LandingWatchOptions): LandingWatch {
  return new Watch(landing, options);
}

class Watch implements LandingWatch {
  readonly #options: LandingWatchOptions;
  readonly #zone: WatchedFolder;
  readonly #names = new Set<string>();
  readonly #lost = new Set<WatchedFolder>();
  readonly #told = new Set<string>();
  readonly #waiting = new Set<() => void>();
  #all = true;
  #lastAllMs: number;
  #events = 0;
  #isClosed = false;

  constructor(landing: string, options: LandingWatchOptions) {
    this.#options = options;
    this.#lastAllMs = options.clock();
    const by: WatchedBy = {
      landing,
      watch: options.watch ?? ((path, listener) => watch(path, { persistent: false }, listener)),
      event: () => this.#count(),
      changed: (file) => this.#add(file),
      unsure: () => this.#unsure(),
      lost: (folder, error) => this.#lose(folder, error),
      settled: (folder) => this.#lost.delete(folder),
    };
    this.#zone = new WatchedFolder(by, '');
    this.#zone.open();
  }

  take(): { readonly all: boolean; readonly files: readonly string[] } {
    if (!this.#all && this.#leftMs() > 0) {
      const files = [...this.#names];
      this.#names.clear();
      return { all: false, files };
    }
    // Before the caller scans: what comes to a folder after that is noticed.
    if (!this.#isClosed) for (const folder of [...this.#lost]) folder.open();
    if (this.#lost.size === 0) this.#told.clear();
    this.#names.clear();
    this.#all = false;
    this.#lastAllMs = this.#options.clock();
    return { all: true, files: [] };
  }

  get noticed(): number {
    return this.#names.size;
  }

  wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (this.#all || this.#names.size > 0 || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', wake);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, Math.min(Math.max(0, Math.ceil(Math.min(timeoutMs, this.#leftMs()))), longestMs));
      signal.addEventListener('abort', wake);
      this.#waiting.add(wake);
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#zone.close();
    this.#lost.clear();
    this.#wake();
  }

  /** Until everything is to be scanned again. */
  #leftMs(): number {
    return this.#lastAllMs + this.#options.rescanMs - this.#options.clock();
  }

  #add(file: string): void {
    if (this.#all) return;
    this.#names.add(file);
    if (this.#names.size > mostNames) this.#unsure();
    else this.#wake();
  }

  #unsure(): void {
    this.#all = true;
    this.#names.clear();
    this.#wake();
  }

  #count(): void {
    if (this.#events++ === 0) {
      setImmediate(() => {
        this.#events = 0;
      });
    }
    if (this.#events > mostEvents) this.#unsure();
  }

  #lose(folder: WatchedFolder, error: NodeJS.ErrnoException): void {
    this.#lost.add(folder);
    // A folder that is not there yet, or not any more, is no problem.
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return;
    this.#unsure();
    const kind = error.code ?? error.message;
    if (this.#told.has(kind)) return;
    this.#told.add(kind);
    const { onProblem, rescanMs } = this.#options;
    onProblem?.(
      `${folder.path || 'the landing zone'} is not watched, but scanned every ${rescanMs / 1000} s: ${error.message}`,
    );
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}
