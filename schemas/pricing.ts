/** Prices that the data does not state. */

/** List price of 1,000 GenAI tokens, US dollars (at most 6 decimals): what `genai_estimated_cost` multiplies by. */
export const genaiPricePer1kTokensUsd = '0.02';
