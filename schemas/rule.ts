/** The vocabulary of quality rules: data, interpreted over whole columns. */

/**
 * A condition on a row. Every condition is true or false: one about the value of a field is false where the field is
 * null. Fields of another table are named `<alias>.<field>` (`org.signup_date`: the organisation as of the row).
 */
export type Predicate =
  /** The field holds no value. */
  | { readonly is: 'null'; readonly field: string }
  /** The text is one of `values`. */
  | { readonly is: 'in'; readonly field: string; readonly values: readonly string[] }
  /** The number is below, above, or equal to the decimal number `than`. */
  | { readonly is: 'below' | 'above' | 'equal'; readonly field: string; readonly than: string }
  /** The boolean is true. */
  | { readonly is: 'true'; readonly field: string }
  /** The date lies after the date of field `than`. */
  | { readonly is: 'later'; readonly field: string; readonly than: string }
  /** The text is not the text of field `from`. */
  | { readonly is: 'differs'; readonly field: string; readonly from: string }
  /** Raw text of the field was rescued; it reads as a number, as a whole number beyond 32 bits, as none, or any of these. */
  | { readonly is: 'rescued'; readonly field: string; readonly as: RescuedAs }
  /** A key stood more than once in the line. */
  | { readonly is: 'repeated_key' }
  | { readonly all: readonly Predicate[] }
  | { readonly any: readonly Predicate[] }
  | { readonly not: Predicate };

export type RescuedAs = 'number' | 'beyond_int32' | 'other' | 'any';

/** A quality rule: what makes a row break it, and what then happens to the row. */
export interface Rule {
  readonly id: string;
  /** Table whose rows it judges. */
  readonly table: string;
  /** `reject`: the row goes to quarantine, under the first such rule; `flag`: the row stays, its `flags` name the rule. */
  readonly severity: 'reject' | 'flag';
  readonly description: string;
  readonly predicate: Predicate;
  /** Raised when the meaning changes. */
  readonly version: number;
}

/** A rule that a decoder or a lookup applies: not a condition on the columns of one row. */
export interface IntrinsicRule {
  readonly id: string;
  readonly table: string;
  readonly severity: 'reject';
  readonly description: string;
  readonly version: number;
}

export const isNull = (field: string): Predicate => ({ is: 'null', field });
export const isIn = (field: string, values: readonly string[]): Predicate => ({ is: 'in', field, values });
export const below = (field: string, than: string): Predicate => ({ is: 'below', field, than });
export const above = (field: string, than: string): Predicate => ({ is: 'above', field, than });
export const equal = (field: string, than: string): Predicate => ({ is: 'equal', field, than });
export const isTrue = (field: string): Predicate => ({ is: 'true', field });
export const later = (field: string, than: string): Predicate => ({ is: 'later', field, than });
export const differs = (field: string, from: string): Predicate => ({ is: 'differs', field, from });
export const isRescued = (field: string, as: RescuedAs = 'any'): Predicate => ({ is: 'rescued', field, as });
export const repeatedKey: Predicate = { is: 'repeated_key' };
export const all = (...all: readonly Predicate[]): Predicate => ({ all });
export const any = (...any: readonly Predicate[]): Predicate => ({ any });
export const not = (predicate: Predicate): Predicate => ({ not: predicate });
