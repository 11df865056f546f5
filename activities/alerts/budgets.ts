/** Daily budgets of organisations, and when a total has reached a part of one. Amounts are unscaled integers of `money`. */

/** What may be spent on a UTC day. */
export interface Budgets {
  /** Of an organisation that has none of its own; null: none. */
  readonly defaultUsd: bigint | null;
  readonly organisations: ReadonlyMap<string, bigint>;
}

/** Parts of a budget that raise an alert, in percent. */
export const thresholds = [80, 100] as const;

/** The budget of an organisation; null when it has none. */
export function budgetOf({ defaultUsd, organisations }: Budgets, orgId: string): bigint | null {
  return organisations.get(orgId) ?? defaultUsd;
}

/** Whether a total has reached so many percent of a budget, exactly. Only a positive total reaches a budget of 0. */
export function isReached(totalUsd: bigint, budgetUsd: bigint, percent: number): boolean {
  return totalUsd > 0n && totalUsd * 100n >= budgetUsd * BigInt(percent);
}
