/** Interprets quality rules over whole columns: a rule is data, a mask is its answer for every row. */
import type { Column, DictionaryColumn } from '../engine/columnar/column.ts';
import type { Predicate, RescuedAs, Rule } from '../schemas/rule.ts';
import { combinedMask } from './combinations.ts';
import {
  comparisonMask,
  differsMask,
  inverse,
  laterMask,
  type Mask,
  nullMask,
  rowsMask,
  textMask,
  trueMask,
  union,
} from './masks.ts';
import type { Reading, Rescued } from './rescued.ts';

/** The rows to judge: their columns by name (those of other tables as `<alias>.<field>`), and what was rescued. */
export interface Frame {
  readonly length: number;
  column(name: string): Column;
  readonly rescued: Rescued;
}

/** The rows of the frame in which a condition holds. Throws for a field of a type the condition does not apply to. */
export function maskOf(predicate: Predicate, frame: Frame): Mask {
  if (isCombined(predicate)) {
    const mask = combinedMask(predicate, (name) => frame.column(name));
    if (mask !== undefined) return mask;
  }
  if ('all' in predicate) return allOf(predicate.all, frame);
  if ('any' in predicate) return predicate.any.reduce<Mask>((mask, p) => union(mask, maskOf(p, frame)), null);
  if ('not' in predicate) return inverse(maskOf(predicate.not, frame), frame.length);
  switch (predicate.is) {
    case 'null':
      return nullMask(frame.column(predicate.field));
    case 'in':
      return textMask(frame.column(predicate.field), predicate.values);
    case 'below':
    case 'above':
    case 'equal':
      return comparisonMask(frame.column(predicate.field), predicate.is, predicate.than);
    case 'true':
      return trueMask(frame.column(predicate.field));
    case 'later':
      return laterMask(frame.column(predicate.field), frame.column(predicate.than));
    case 'differs':
      return differsMask(frame.column(predicate.field), frame.column(predicate.from));
    case 'rescued':
      return rescuedMask(frame, predicate.field, predicate.as);
    case 'repeated_key':
      return rowsMask(frame.rescued.repeated, frame.length);
  }
}

/** Whether a condition is more than one look at one column. */
function isCombined(predicate: Predicate): boolean {
  return 'all' in predicate || 'any' in predicate || 'not' in predicate;
}

/** For every row the position of the first rule it breaks, −1 for none; null when no row breaks any. */
export function firstBroken(rules: readonly Rule[], frame: Frame): Int8Array | null {
  let first: Int8Array | null = null;
  for (let at = 0; at < rules.length; at++) {
    const mask = maskOf(rules[at]!.predicate, frame);
    if (mask?.includes(1) !== true) continue;
    first ??= new Int8Array(frame.length).fill(-1);
    for (let i = 0, end = mask.length; i < end; i++) if (mask[i] === 1 && first[i]! < 0) first[i] = at;
  }
  return first;
}

export interface Flagged {
  /** Ids of the rules each row breaks, comma separated, in rule order; null when none. */
  readonly flags: DictionaryColumn;
  /** Rows that break each rule, by id; rules that no row breaks are left out. */
  readonly counts: Readonly<Record<string, number>>;
  /** The rows that break a rule, by its id. */
  mask(id: string): Mask;
}

/** Judges every row by every rule. Throws for more than 31 rules, the bits of a row's answer. */
export function flagRows(rules: readonly Rule[], frame: Frame): Flagged {
  if (rules.length > 31) throw new Error(`flagRows: ${rules.length} rules, at most 31 fit`);
  const broken = new Int32Array(frame.length);
  const counts: Record<string, number> = {};
  const masks = new Map<string, Mask>();
  for (let at = 0; at < rules.length; at++) {
    const { id, predicate } = rules[at]!;
    const mask = maskOf(predicate, frame);
    masks.set(id, mask);
    if (mask === null) continue;
    const count = mark(mask, broken, 1 << at);
    if (count > 0) counts[id] = count;
  }
  const mask = (id: string): Mask => masks.get(id) ?? null;
  return { flags: flagColumn(broken, rules), counts, mask };
}

/** Sets `bit` in the answer of every row of the mask; returns how many. */
function mark(mask: Uint8Array, broken: Int32Array, bit: number): number {
  let count = 0;
  for (let i = 0, end = mask.length; i < end; i++) {
    if (mask[i] === 0) continue;
    broken[i]! |= bit;
    count++;
  }
  return count;
}

function flagColumn(broken: Int32Array, rules: readonly Rule[]): DictionaryColumn {
  const length = broken.length;
  const codes = new Int32Array(length);
  const validity = new Uint8Array((length + 7) >> 3);
  const codeOf = new Map<number, number>();
  const values: string[] = [];
  let last = 0;
  let code = 0;
  for (let i = 0; i < length; i++) {
    const bits = broken[i]!;
    if (bits === 0) continue;
    if (bits !== last) {
      let known = codeOf.get(bits);
      if (known === undefined) {
        known = values.length;
        codeOf.set(bits, known);
        values.push(textOf(bits, rules));
      }
      last = bits;
      code = known;
    }
    codes[i] = code;
    validity[i >> 3]! |= 1 << (i & 7);
  }
  return { kind: 'dictionary', length, validity, codes, values };
}

function textOf(bits: number, rules: readonly Rule[]): string {
  return rules
    .filter((_, at) => (bits & (1 << at)) !== 0)
    .map((rule) => rule.id)
    .join(',');
}

function allOf([head, ...rest]: readonly Predicate[], frame: Frame): Mask {
  const first = head === undefined ? null : maskOf(head, frame);
  if (first === null) return null;
  const mask = first.slice();
  for (const predicate of rest) {
    // A condition that holds nowhere ends the matter: rules about rare rows name it first.
    const other = maskOf(predicate, frame);
    if (other === null) return null;
    for (let i = 0, end = mask.length; i < end; i++) mask[i]! &= other[i]!;
  }
  return mask;
}

function rescuedMask(frame: Frame, name: string, as: RescuedAs): Mask {
  const field = frame.rescued.fields.get(name);
  if (field === undefined) return null;
  const reads = (reading: Reading): boolean =>
    as === 'any' || as === reading || (as === 'number' && reading === 'beyond_int32');
  return rowsMask(
    field.rows.filter((_, at) => reads(field.readings[at]!)),
    frame.length,
  );
}
