/**
 * Commits to a table as one of several processes: `node race-worker.js <root> <table> <writer> <commits> <kind>`. Says the name
 * of each file once its commit is acknowledged.
 */
import { DeltaTable } from '../../engine/delta/table.ts';
import { CommitConflict } from '../../engine/delta/types.ts';
import { localStore } from '../../engine/storage/local.ts';
import { file, metadata, request } from './fixtures.ts';

const [root, path, writer, commits, kind] = process.argv.slice(2) as [string, string, string, string, string];
const table = new DeltaTable(localStore(root), path);
for (let i = 0; i < Number(commits); i++) {
  const identity = { txns: { [writer]: i }, identity: writer };
  for (;;) {
    const base = await table.latest();
    try {
      if (base === null) {
        await table.commit(request({ base, metadata, adds: [file(`${writer}-${i}`)], ...identity }));
      } else if (kind === 'append') {
        await table.commit(request({ base, adds: [file(`${writer}-${i}`)], ...identity }));
      } else {
        // A counter: each commit replaces the one file by one with a row more.
        const rows = base.files.reduce((sum, f) => sum + f.stats.numRecords, 0) + 1;
        const adds = [file(`${writer}-${i}`, '2025-07-01', rows)];
        await table.commit(request({ base, reads: { kind: 'table' }, removes: base.files, adds, ...identity }));
      }
      process.stdout.write(`${writer}-${i}\n`);
      break;
    } catch (error) {
      if (!(error instanceof CommitConflict)) throw error;
    }
  }
}
await table.idle();
