/** Which rules a re-drive takes. */
import { eventRejectRules } from '../../schemas/event-rules.ts';
import { bronzeRules } from '../../schemas/rules.ts';
import { problem } from '../problem.ts';
import { isFinal, type Selection } from './selection.ts';

const redrivable = [...Object.values(bronzeRules), ...eventRejectRules]
  .filter(({ id, table }) => !isFinal(id) && table !== 'bronze.<master>')
  .map(({ id }) => id);

/** Throws `BadInput` for a rule whose rows cannot be tried again. */
export function checkRules(rules: Selection['rules']): void {
  const unknown = rules?.find((rule) => !redrivable.includes(rule));
  if (unknown === undefined) return;
  const what = isFinal(unknown) ? 'its rows are history, they stay' : 'no such rule of events';
  throw problem('BadInput', `rules: ${JSON.stringify(unknown)}: ${what}; the rules are ${redrivable.join(', ')}`);
}
