/** What an audit reports. */
export interface AuditRequest {
  /** `changed`: counts of all, contents of what changed; `everything`: contents of all. */
  readonly scope: 'changed' | 'everything';
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

/** Ends a finding with the partitions that were not compared because their upstream has gone on; empty without any. */
export function leftOutNote(partitions: number, unit: 'day' | 'month', upstream: string): string {
  if (partitions === 0) return '';
  const many = partitions === 1 ? `1 ${unit} is` : `${partitions} ${unit}s are`;
  return `; ${many} behind ${upstream} and ${partitions === 1 ? 'was' : 'were'} not compared`;
}
