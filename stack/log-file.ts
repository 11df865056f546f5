import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Opens a fresh log file and returns its descriptor's handle; the log of the run before is kept beside it as `<path>.1`.
 * The caller closes the handle once the process that writes has been started.
 */
export async function openLog(path: string): Promise<Awaited<ReturnType<typeof open>>> {
  await mkdir(dirname(path), { recursive: true });
  try {
    await rename(path, `${path}.1`);
  } catch {
    // There was no run before.
  }
  return open(path, 'a');
}

/** The last lines of a log file, for an error message: at most `lines` lines of 300 characters; empty when there is no file. */
export async function logTail(path: string, lines = 15): Promise<string> {
  try {
    const text = await readFile(path, 'utf8');
    return text
      .trimEnd()
      .split('\n')
      .slice(-lines)
      .map((line) => `  ${line.slice(0, 300)}`)
      .join('\n');
  } catch {
    return '';
  }
}
