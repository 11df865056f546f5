import type { ComponentProps } from 'preact';
import { KpiCard as OnPage } from '../../components/kpi.tsx';

/** One figure with its change, which opens nothing. */
export function KpiCard(props: ComponentProps<typeof OnPage>) {
  return <OnPage {...props} onClick={undefined} />;
}
