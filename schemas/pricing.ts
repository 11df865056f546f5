/** Prices that the data does not state. */

/**
 * List prices of 1,000 GenAI tokens, US dollars (at most 6 decimals), in the order in which they were set: the last one
 * counts, for all days. A new price is added at the end, so that the version of the prices grows also when an old price
 * comes back, and the mart is built again.
 */
const genaiPrices: readonly [string, ...string[]] = ['0.02'];

/** What `genai_estimated_cost` multiplies by. */
export const genaiPricePer1kTokensUsd: string = genaiPrices.at(-1)!;

/** Grows with every price: part of the version of the rules of `gold.org_daily_genai_usage`. */
export const genaiPriceVersion: number = genaiPrices.length;
