/** Task: the raw bytes of rejected lines, for quarantine. */
import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { keptBytes } from '../../schemas/quarantine.ts';
import type { Reject } from '../../transforms/reject.ts';

export interface ReadRawsInput {
  readonly landing: string;
  readonly rejects: readonly Reject[];
}

/** The first 64 KiB of each rejected line, read again from its landing file. */
export function readRaws({ landing, rejects }: ReadRawsInput): Uint8Array[] {
  const open = new Map<string, number>();
  try {
    return rejects.map((reject) => {
      let fd = open.get(reject.sourceFile);
      if (fd === undefined) {
        fd = openSync(join(landing, reject.sourceFile), 'r');
        open.set(reject.sourceFile, fd);
        if (open.size > 256) {
          const [oldest, handle] = open.entries().next().value!;
          closeSync(handle);
          open.delete(oldest);
        }
      }
      const raw = new Uint8Array(Math.min(reject.byteLength, keptBytes));
      const read = readSync(fd, raw, 0, raw.length, reject.sourceOffset);
      return raw.subarray(0, read);
    });
  } finally {
    for (const fd of open.values()) closeSync(fd);
  }
}
