/**
 * Colours that colour-blind people tell apart, on light and dark ground: the "vibrant" scheme and two of the "muted" one.
 * Source: Paul Tol, Colour schemes, SRON/EPS/TN/09-002, issue 3.2, 2021.
 */
export const series = [
  '#0077bb',
  '#ee7733',
  '#009988',
  '#ee3377',
  '#33bbee',
  '#cc3311',
  '#8f8f8f',
  '#882255',
  '#999933',
] as const;

export const anomaly = '#cc3311';

export interface Theme {
  readonly text: string;
  readonly faint: string;
  readonly line: string;
  readonly ground: string;
}

export const light: Theme = { text: '#1c2430', faint: '#5b6675', line: '#dfe4ea', ground: '#ffffff' };
export const dark: Theme = { text: '#e6eaf0', faint: '#9aa6b5', line: '#2c3643', ground: '#151b23' };

/** The colour of the n-th of some names, the same on every chart. */
export function colourOf(names: readonly string[], name: string): string {
  return series[Math.max(0, names.indexOf(name)) % series.length]!;
}
