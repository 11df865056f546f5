/** A row that a rule rejected: where it is, and why. */
export interface Reject {
  /** Landing file relative to the landing zone, its generation, and the line's place in it. */
  readonly sourceFile: string;
  readonly sourceGeneration: number;
  readonly sourceRow: number;
  readonly sourceOffset: number;
  readonly byteLength: number;
  readonly layer: 'bronze' | 'silver';
  readonly ruleId: string;
  /** What was wrong, with the value. */
  readonly reason: string;
  readonly eventId: string | null;
  /** Days since 1970-01-01. */
  readonly eventDate: number | null;
  readonly orgId: string | null;
  /** Cost of the row, unscaled at 6 decimals. */
  readonly moneyHeld: bigint | null;
}
