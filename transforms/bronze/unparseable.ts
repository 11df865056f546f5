/** Lines and records that the decoders could not read, as rejects. */
import { bronzeRules } from '../../schemas/rules.ts';
import type { Reject } from '../reject.ts';

/** The reject of a decoder, with the file it came from. Nothing of its content is known. */
export function unparseable(
  from: { readonly file: string; readonly generation: number },
  rejected: { readonly line: number; readonly offset: number; readonly length: number; readonly reason: string },
): Reject {
  return {
    sourceFile: from.file,
    sourceGeneration: from.generation,
    sourceRow: rejected.line,
    sourceOffset: rejected.offset,
    byteLength: rejected.length,
    layer: 'bronze',
    ruleId: bronzeRules.unparseable.id,
    reason: rejected.reason,
    eventId: null,
    eventDate: null,
    orgId: null,
    moneyHeld: null,
  };
}
