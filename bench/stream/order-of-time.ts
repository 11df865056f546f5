/** A landing zone as a source leaves it that writes events as they happen. */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventsFolder } from '../../cli/produce/write.ts';

const dateOf = /"timestamp": ?"(\d{4}-\d{2}-\d{2})/;

/**
 * Puts the event lines of a landing zone in the order of their dates, those of a date in the order in which they stood, into as
 * many files as before. Lines without a date come first. Holds all of them in memory.
 */
export async function putInOrderOfTime(landing: string): Promise<void> {
  const folder = join(landing, eventsFolder);
  const names = (await readdir(folder)).sort();
  const dates = new Map<string, string[]>();
  for (const name of names) {
    for (const line of (await readFile(join(folder, name), 'latin1')).split('\n')) {
      if (line === '') continue;
      const date = dateOf.exec(line)?.[1] ?? '';
      const lines = dates.get(date);
      if (lines === undefined) dates.set(date, [line]);
      else lines.push(line);
    }
    await rm(join(folder, name));
  }
  const lines = [...dates.keys()].sort().flatMap((date) => dates.get(date)!);
  const perFile = Math.ceil(lines.length / names.length);
  for (const [i, name] of names.entries()) {
    const part = lines.slice(i * perFile, (i + 1) * perFile);
    await writeFile(join(folder, name), part.map((line) => `${line}\n`).join(''), 'latin1');
  }
}
