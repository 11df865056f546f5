/** From one day to another, with the usual periods at hand. */
import type { DimensionsAnswer, Period } from '../../../api.ts';
import type { View } from '../state/view.ts';

interface PeriodFieldProps {
  readonly view: View;
  readonly dimensions: DimensionsAnswer | null;
  readonly onChange: (change: Partial<View>) => void;
}

export function PeriodField({ view, dimensions, onChange }: PeriodFieldProps) {
  const presets = dimensions === null ? [] : presetsOf(dimensions);
  const shown = periodOf(view, dimensions);
  const chosen = presets.find(({ period }) => period.from === shown?.from && period.to === shown?.to);
  const day = (name: 'from' | 'to', label: string) => (
    <div class="field">
      <label for={`day-${name}`}>{label}</label>
      <input
        id={`day-${name}`}
        type="date"
        value={shown?.[name] ?? ''}
        min="1970-01-01"
        onChange={(event) => {
          const { value } = event.currentTarget;
          if (shown === null || value === '') return;
          const next = { ...shown, [name]: value };
          // The other end gives way.
          if (next.from > next.to) onChange({ from: value, to: value });
          else onChange(next);
        }}
      />
    </div>
  );
  return (
    <>
      <div class="field">
        <label for="preset">Period</label>
        <select
          id="preset"
          value={chosen?.name ?? ''}
          onChange={(event) => {
            const preset = presets.find(({ name }) => name === event.currentTarget.value);
            if (preset !== undefined) onChange(preset.period);
          }}
        >
          {chosen === undefined && <option value="">Own dates</option>}
          {presets.map(({ name }) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </div>
      {day('from', 'From')}
      {day('to', 'To')}
    </>
  );
}

/** The period that a view asks for, as the server takes it; null while it is not known. */
export function periodOf({ from, to }: View, dimensions: DimensionsAnswer | null): Period | null {
  if (dimensions === null) return from !== null && to !== null ? { from, to } : null;
  const last = to ?? (from !== null && from > dimensions.reference_day ? from : dimensions.reference_day);
  return { from: from ?? addDays(last, -29), to: last };
}

function presetsOf({ reference_day: last, first_day: first }: DimensionsAnswer) {
  const month = `${last.slice(0, 7)}-01`;
  const monthBefore = `${addDays(month, -1).slice(0, 7)}-01`;
  const lastDays = (days: number) => ({
    name: `Last ${days} days`,
    period: { from: addDays(last, 1 - days), to: last },
  });
  return [
    ...[7, 14, 30, 60, 90].map(lastDays),
    { name: 'This month', period: { from: month, to: last } },
    { name: 'Month before', period: { from: monthBefore, to: addDays(month, -1) } },
    { name: 'Everything', period: { from: first, to: last } },
  ];
}

function addDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}
