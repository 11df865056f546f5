/** Lines on a terminal that are rewritten in place. */
import { oneLine, truncated } from './text-width.ts';

export interface LiveBlock {
  /** Replaces the lines shown; each is cut to the terminal. Where there is no terminal they are printed below the others. */
  show(lines: readonly string[]): void;
  /** Takes the lines away; what was printed where there is no terminal stays. */
  clear(): void;
}

/** A block at the end of what was written to `out`, which nobody else writes to while it is shown. */
export function liveBlock(out: NodeJS.WriteStream): LiveBlock {
  let shown = 0;
  const back = (): string => (shown === 0 ? '' : `\x1b[${shown}A\x1b[0J`);
  return {
    show(lines) {
      if (!out.isTTY) {
        out.write(`${lines.join('\n')}\n`);
        return;
      }
      // A block higher than the terminal could not be taken back.
      const fitting = lines.slice(0, Math.max(1, out.rows - 1));
      const text = fitting.map((line) => `${truncated(oneLine(line), out.columns - 1)}\n`).join('');
      out.write(back() + text);
      shown = fitting.length;
    },
    clear() {
      if (shown > 0) out.write(back());
      shown = 0;
    },
  };
}
