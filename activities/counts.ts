/** The counts of invariant 1: read = written + unchanged + quarantined + duplicate. */
export interface Counts {
  readonly read: number;
  readonly written: number;
  readonly unchanged: number;
  readonly quarantined: number;
  readonly duplicate: number;
  readonly late: number;
}
