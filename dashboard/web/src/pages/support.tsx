import type { OverviewAnswer } from '../../../api.ts';
import { CubePanel } from '../components/cube-panel.tsx';
import { Kpis, overviewAddress } from '../components/kpis.tsx';
import { useAnswer } from '../data/use-answer.ts';
import { useView } from '../state/view.ts';
import { noTickets } from './overview.tsx';

export function SupportPage() {
  const [view] = useView();
  const overview = useAnswer<OverviewAnswer>(overviewAddress(view));
  return (
    <>
      <Kpis
        asked={overview}
        kpis={[
          { of: 'support', column: 'total_tickets', title: 'Tickets opened', unit: 'count', better: 'less' },
          { of: 'support', column: 'critical_tickets', title: 'Critical', unit: 'count', better: 'less' },
          { of: 'support', column: 'sla_breach_rate', title: 'SLA breached', unit: 'rate', better: 'less' },
          { of: 'support', column: 'avg_csat', title: 'CSAT (1 to 5)', unit: 'score', better: 'more' },
          { of: 'support', column: 'mean_hours_to_resolve', title: 'Time to resolve', unit: 'hours', better: 'less' },
          { of: 'support', column: 'open_tickets', title: 'Still open', unit: 'count', better: 'less' },
        ]}
      />
      <div class="panels">
        <CubePanel
          title="Tickets by day opened"
          cube="support"
          along="day"
          measures={[
            { measure: 'total_tickets', title: 'Tickets', unit: 'count' },
            { measure: 'critical_tickets', title: 'Critical', unit: 'count' },
            { measure: 'sla_breached_count', title: 'SLA breached', unit: 'count' },
          ]}
          wide
          empty={noTickets}
        />
        <CubePanel
          title="SLA breach rate"
          cube="support"
          along="day"
          measures={[
            { measure: 'sla_breach_rate', title: 'SLA breach rate', unit: 'rate', kind: 'line' },
            { measure: 'sla_breached_count', title: 'Breached', unit: 'count', tableOnly: true },
            { measure: 'total_tickets', title: 'Tickets', unit: 'count', tableOnly: true },
          ]}
          empty={noTickets}
        />
        <CubePanel
          title="CSAT"
          cube="support"
          along="day"
          measures={[
            { measure: 'avg_csat', title: 'Mean score', unit: 'score', kind: 'line' },
            { measure: 'rated_tickets', title: 'Scores', unit: 'count', tableOnly: true },
          ]}
          empty={noTickets}
        />
        <CubePanel
          title="Time to resolve"
          cube="support"
          along="day"
          measures={[
            { measure: 'mean_hours_to_resolve', title: 'Mean hours', unit: 'hours', kind: 'line' },
            { measure: 'resolved_tickets', title: 'Resolved', unit: 'count', tableOnly: true },
          ]}
          empty={noTickets}
        />
        {view.org === null && (
          <CubePanel
            title="Tickets by plan"
            cube="support"
            along="plan"
            measures={[
              { measure: 'total_tickets', title: 'Tickets', unit: 'count' },
              { measure: 'critical_tickets', title: 'Critical', unit: 'count' },
              { measure: 'sla_breach_rate', title: 'SLA breach rate', unit: 'rate', tableOnly: true },
              { measure: 'avg_csat', title: 'CSAT', unit: 'score', tableOnly: true },
            ]}
            empty={noTickets}
          />
        )}
      </div>
    </>
  );
}
