/** What an audit reports. */
export interface AuditRequest {
  /** `changed`: counts of all, contents of what changed; `everything`: contents of all. */
  readonly scope: 'changed' | 'everything';
  /** Logical date of the run, `YYYY-MM-DD`; absent when it began before this was passed. */
  readonly date?: string;
  /** Mart → the publication that whoever asks has just read back in full; with `changed` it is not read again. */
  readonly readBack?: Readonly<Record<string, ReadBack>>;
}

/** A publication of which every row was read back from Cassandra and found equal. */
export interface ReadBack {
  readonly publication: number;
  readonly rows: number;
}

export interface AuditReport {
  readonly scope: AuditRequest['scope'];
  readonly passed: boolean;
  readonly checks: readonly AuditCheck[];
  readonly ms: number;
}

/** One check: what was compared and what was found. */
export interface AuditCheck {
  readonly name: string;
  readonly passed: boolean;
  /** Things compared: rows, partitions or keys. */
  readonly compared: number;
  /** Both sides in words, with the numbers. */
  readonly finding: string;
}

/** A check that two numbers are equal. `note` says what was not compared. */
export function equalCheck(
  name: string,
  left: readonly [string, bigint | number],
  right: readonly [string, bigint | number],
  compared: number,
  note = '',
): AuditCheck {
  const passed = BigInt(left[1]) === BigInt(right[1]);
  const difference = passed ? '' : `; difference ${BigInt(left[1]) - BigInt(right[1])}`;
  return { name, passed, compared, finding: `${left[0]} ${left[1]}, ${right[0]} ${right[1]}${difference}${note}` };
}

/** Partitions that are not compared. */
export interface LeftOut {
  /** How many are left out because their upstream has gone on. */
  readonly behind: number;
  /** Those that a restore has pinned to an earlier version. */
  readonly pinned: readonly string[];
}

/** Pinned partitions that a finding names. */
const namedPins = 5;

/** Ends a finding with the partitions that were not compared; empty without any. */
export function leftOutNote({ behind, pinned }: LeftOut, unit: 'day' | 'month', upstream: string): string {
  const note = (n: number, why: string): string =>
    n === 0
      ? ''
      : `; ${n === 1 ? `1 ${unit} is` : `${n} ${unit}s are`} ${why} and ${n === 1 ? 'was' : 'were'} not compared`;
  const names = pinned.slice(0, namedPins).join(', ') + (pinned.length > namedPins ? ', …' : '');
  return note(behind, `behind ${upstream}`) + note(pinned.length, `pinned by a restore (${names})`);
}
