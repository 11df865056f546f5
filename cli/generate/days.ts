/** Calendar arithmetic in whole UTC days, independent of the machine's timezone. */
const dayMs = 86_400_000;

/** Days since 1970-01-01 of a `YYYY-MM-DD` text. Throws when it is not one. */
export function dayOf(text: string): number {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(ms)) throw new Error(`not a date (YYYY-MM-DD): ${text}`);
  return ms / dayMs;
}

/** `YYYY-MM-DD` of days since 1970-01-01. */
export function dayText(day: number): string {
  return new Date(day * dayMs).toISOString().slice(0, 10);
}

/** The first days of the months that hold the days from `first` to `last`. */
export function monthsBetween(first: number, last: number): number[] {
  const months: number[] = [];
  for (let day = first; day <= last; day++) {
    const month = dayOf(`${dayText(day).slice(0, 7)}-01`);
    if (months.at(-1) !== month) months.push(month);
  }
  return months;
}
