/** The filters that hold on every page. */
import type { DimensionsAnswer } from '../../../api.ts';
import { type Filter, useView } from '../state/view.ts';
import { OrgSearch } from './org-search.tsx';
import { PeriodField } from './period-field.tsx';

export function Filters({ dimensions }: { readonly dimensions: DimensionsAnswer | null }) {
  const [view, change] = useView();
  const choice = (name: Filter, label: string, all: string, values: readonly string[], disabled = false) => (
    <div class="field">
      <label for={`filter-${name}`}>{label}</label>
      <select
        id={`filter-${name}`}
        value={view[name] ?? ''}
        disabled={disabled}
        title={disabled ? 'One organisation has one region and plan' : undefined}
        onChange={(event) => change({ [name]: event.currentTarget.value || null })}
      >
        <option value="">{all}</option>
        {[...new Set([...values, ...(view[name] === null ? [] : [view[name]])])].map((value) => (
          <option key={value} value={value}>
            {value}
          </option>
        ))}
      </select>
    </div>
  );
  const one = view.org !== null;
  return (
    <form class="filters" aria-label="Filters" onSubmit={(event) => event.preventDefault()}>
      <OrgSearch org={view.org} onChange={(org) => change({ org })} />
      {choice('service', 'Service', 'All services', dimensions?.services ?? [])}
      {choice('region', 'Region', 'All regions', dimensions?.regions ?? [], one)}
      {choice('plan', 'Plan', 'All plans', dimensions?.plans ?? [], one)}
      <PeriodField view={view} dimensions={dimensions} onChange={change} />
    </form>
  );
}
