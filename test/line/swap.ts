/** Changes to a table that are nobody's work, for tests. */
import type { Lake } from '../../engine/delta/lake.ts';
import type { AddFile } from '../../engine/delta/types.ts';

/** Commits a change of files, and gives the commit that takes it back. */
export async function swap(
  lake: () => Lake,
  name: string,
  removes: readonly AddFile[],
  adds: readonly AddFile[],
): Promise<() => Promise<void>> {
  const commit = async (out: readonly AddFile[], back: readonly AddFile[]): Promise<void> => {
    const table = lake().table(name);
    await table.commit({
      base: await table.latest(),
      reads: { kind: 'nothing' },
      adds: back,
      removes: out,
      txns: {},
      dataChange: true,
      operation: 'WRITE',
      info: {},
    });
  };
  await commit(removes, adds);
  return () => commit(adds, removes);
}
