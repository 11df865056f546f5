import type { DimensionsAnswer, OverviewAnswer } from '../../../api.ts';
import { CubePanel } from '../components/cube-panel.tsx';
import { Kpis, overviewAddress } from '../components/kpis.tsx';
import { useAnswer } from '../data/use-answer.ts';
import { useView } from '../state/view.ts';

const noCarbon = 'No usage in this period: choose another period, or fewer filters.';

export function CarbonPage({ dimensions }: { readonly dimensions: DimensionsAnswer | null }) {
  const [view] = useView();
  const overview = useAnswer<OverviewAnswer>(overviewAddress(view));
  return (
    <>
      <Kpis
        asked={overview}
        kpis={[
          { of: 'usage', column: 'carbon_kg', title: 'Carbon', unit: 'kg', better: 'less' },
          { of: 'usage', column: 'carbon_per_dollar', title: 'Carbon per dollar', unit: 'kg-per-usd', better: 'less' },
          { of: 'usage', column: 'cost_usd', title: 'Cost', unit: 'usd', better: 'less' },
        ]}
      />
      <div class="panels">
        <CubePanel
          title="Carbon by service"
          cube="usage"
          along="day"
          split="service"
          names={dimensions?.services ?? []}
          measures={[
            { measure: 'carbon_kg', title: 'Carbon', unit: 'kg' },
            { measure: 'carbon_per_dollar', title: 'Per dollar', unit: 'kg-per-usd' },
          ]}
          wide
          tall
          empty={noCarbon}
          note={() => 'Events of schema version 1 state no carbon: days that have only those are empty, not zero.'}
        />
        <CubePanel
          title="Carbon per dollar"
          cube="usage"
          along="day"
          measures={[{ measure: 'carbon_per_dollar', title: 'Carbon per dollar', unit: 'kg-per-usd', kind: 'line' }]}
          empty={noCarbon}
          note={() => 'Over the cost of the events that state carbon.'}
        />
        <CubePanel
          title={view.org === null ? 'Carbon by region' : 'Carbon of each service'}
          cube="usage"
          along={view.org === null ? 'region' : 'service'}
          measures={[
            { measure: 'carbon_kg', title: 'Carbon', unit: 'kg' },
            { measure: 'carbon_per_dollar', title: 'Per dollar', unit: 'kg-per-usd', tableOnly: true },
          ]}
          empty={noCarbon}
          {...(view.org === null ? { note: () => 'By the region of the organisations’ head offices.' } : {})}
        />
      </div>
    </>
  );
}
