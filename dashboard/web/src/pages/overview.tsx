import type { DimensionsAnswer, OverviewAnswer } from '../../../api.ts';
import { CubePanel } from '../components/cube-panel.tsx';
import { Kpis, overviewAddress } from '../components/kpis.tsx';
import { useAnswer } from '../data/use-answer.ts';
import { useView } from '../state/view.ts';
import { AnomalyPanel } from './parts/anomaly-panel.tsx';

export function OverviewPage({ dimensions }: { readonly dimensions: DimensionsAnswer | null }) {
  const [view] = useView();
  const overview = useAnswer<OverviewAnswer>(overviewAddress(view));
  return (
    <>
      <Kpis
        asked={overview}
        kpis={[
          { of: 'usage', column: 'cost_usd', title: 'Cost', unit: 'usd', better: 'less' },
          { of: 'usage', column: 'requests', title: 'Requests', unit: 'count' },
          { of: 'usage', column: 'cost_per_request', title: 'Cost per request', unit: 'usd-fine', better: 'less' },
          { of: 'revenue', column: 'revenue_usd', title: 'Revenue (months)', unit: 'usd', better: 'more' },
          { of: 'support', column: 'critical_tickets', title: 'Critical tickets', unit: 'count', better: 'less' },
          { of: 'support', column: 'sla_breach_rate', title: 'SLA breached', unit: 'rate', better: 'less' },
          { of: 'usage', column: 'genai_tokens', title: 'GenAI tokens', unit: 'tokens' },
          { of: 'usage', column: 'carbon_kg', title: 'Carbon', unit: 'kg', better: 'less' },
        ]}
      />
      <div class="panels">
        <CubePanel
          title="Daily cost by service"
          cube="usage"
          along="day"
          split="service"
          names={dimensions?.services ?? []}
          measures={[
            { measure: 'cost_usd', title: 'Cost', unit: 'usd' },
            { measure: 'requests', title: 'Requests', unit: 'count' },
          ]}
          wide
          empty={noUsage}
        />
        <CubePanel
          title="Tickets opened"
          cube="support"
          along="day"
          measures={[
            { measure: 'total_tickets', title: 'Tickets', unit: 'count' },
            { measure: 'critical_tickets', title: 'Critical', unit: 'count' },
          ]}
          empty={noTickets}
        />
        <AnomalyPanel />
      </div>
    </>
  );
}

export const noUsage = 'No usage in this period: choose another period, or fewer filters.';
export const noTickets = 'No tickets were opened in this period: choose another period, or fewer filters.';
