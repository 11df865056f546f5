/** Where the figures of a report come from. */
import type { Source } from '../api.ts';

/** The publications that answers come from, each once, in order of marts. */
export function sourcesOf(answers: Iterable<unknown>): Source[] {
  const found = new Map<string, Source>();
  for (const answer of answers) {
    const { source, sources } = answer as { source?: Source; sources?: readonly Source[] | Record<string, Source> };
    for (const each of [...(source === undefined ? [] : [source]), ...Object.values(sources ?? {})]) {
      found.set(`${each.mart} ${each.publication}`, each);
    }
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, source]) => source);
}

/** Whether every mart is that of one publication. */
export function agree(sources: readonly Source[]): boolean {
  return new Set(sources.map(({ mart }) => mart)).size === sources.length;
}
