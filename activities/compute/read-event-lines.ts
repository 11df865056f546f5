/** Task: the raw lines of events, where their landing files still have them. */
import type { Reject } from '../../transforms/reject.ts';
import { type ReadRawsInput, readRaws } from './read-raws.ts';

/** The raw line of each event (the first 64 KiB); null where the landing file is gone, or does not have that event at that place. */
export function readEventLines({ landing, rejects }: ReadRawsInput): (Uint8Array | null)[] {
  const byFile = new Map<string, Reject[]>();
  for (const reject of rejects) byFile.set(reject.sourceFile, [...(byFile.get(reject.sourceFile) ?? []), reject]);
  const raws = new Map<Reject, Uint8Array>();
  for (const list of byFile.values()) {
    try {
      readRaws({ landing, rejects: list }).forEach((raw, i) => {
        if (isEvent(raw, list[i]!.eventId)) raws.set(list[i]!, raw);
      });
    } catch {
      // The file is gone: its events go without their raw lines.
    }
  }
  return rejects.map((reject) => raws.get(reject) ?? null);
}

function isEvent(raw: Uint8Array, eventId: string | null): boolean {
  try {
    return (JSON.parse(new TextDecoder().decode(raw)) as { event_id?: unknown }).event_id === eventId;
  } catch {
    return false;
  }
}
