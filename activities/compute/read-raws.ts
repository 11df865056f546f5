/** Task: the raw bytes of rejected lines, for quarantine. */
import { keptBytes } from '../../schemas/quarantine.ts';
import type { Reject } from '../../transforms/reject.ts';
import { LandingFile } from './landing-file.ts';

export interface ReadRawsInput {
  readonly landing: string;
  readonly rejects: readonly Reject[];
}

/** The first 64 KiB of each rejected line, read again from its landing file. Throws when such a file cannot be read. */
export function readRaws({ landing, rejects }: ReadRawsInput): Uint8Array[] {
  const raws = new Array<Uint8Array>(rejects.length);
  const byFile = new Map<string, number[]>();
  for (const [i, { sourceFile }] of rejects.entries()) {
    const list = byFile.get(sourceFile);
    if (list === undefined) byFile.set(sourceFile, [i]);
    else list.push(i);
  }
  for (const [name, list] of byFile) {
    const file = new LandingFile(landing, name);
    try {
      for (const i of list) raws[i] = rawOf(file, rejects[i]!);
    } finally {
      file.close();
    }
  }
  return raws;
}

/** What is there of the line: the file may be another one, and shorter. */
function rawOf(file: LandingFile, { sourceOffset, byteLength }: Reject): Uint8Array {
  const end = Math.min(sourceOffset + Math.min(byteLength, keptBytes), file.size);
  return new Uint8Array(file.bytes(Math.min(sourceOffset, end), end));
}
