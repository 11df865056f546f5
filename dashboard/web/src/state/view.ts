/** What the page shows, kept in the address: a view can be shared, and the back button goes back to it. */
import { useMemo } from 'preact/hooks';
import { useLocation, useSearchParams } from 'wouter-preact';

/** Filters that hold on every page. Null: all, or the usual time. */
export interface View {
  readonly org: string | null;
  readonly service: string | null;
  readonly region: string | null;
  readonly plan: string | null;
  readonly from: string | null;
  readonly to: string | null;
}

export type Filter = keyof View;

const filters: readonly Filter[] = ['org', 'service', 'region', 'plan', 'from', 'to'];

export function viewOf(parameters: URLSearchParams): View {
  return Object.fromEntries(filters.map((name) => [name, parameters.get(name) || null])) as unknown as View;
}

/** The view, and what changes some of it; one organisation leaves region and plan no meaning. */
export function useView(): readonly [View, (change: Partial<View>) => void] {
  const [parameters, setParameters] = useSearchParams();
  const view = useMemo(() => viewOf(parameters), [parameters]);
  const change = (some: Partial<View>): void => {
    setParameters((before) => {
      const after = new URLSearchParams(before);
      for (const [name, value] of Object.entries(some)) {
        if (value === null) after.delete(name);
        else after.set(name, value);
      }
      if (after.has('org')) {
        after.delete('region');
        after.delete('plan');
      }
      return after;
    });
  };
  return [view, change];
}

/** A query string of the filters among `names`, after `path`. */
export function addressOf(
  path: string,
  view: View,
  names: readonly Filter[],
  more: Record<string, string> = {},
): string {
  const parameters = new URLSearchParams();
  for (const name of names) {
    const value = view[name];
    if (value !== null) parameters.set(name, value);
  }
  for (const [name, value] of Object.entries(more)) parameters.set(name, value);
  const text = parameters.toString();
  return text === '' ? path : `${path}?${text}`;
}

/** The address of another page with the same filters. */
export function usePageAddress(): (path: string) => string {
  const [view] = useView();
  return (path) => addressOf(path, view, filters);
}

export function usePath(): string {
  return useLocation()[0];
}
