import type { OverviewAnswer } from '../../../api.ts';
import { CubePanel } from '../components/cube-panel.tsx';
import { Kpis, overviewAddress } from '../components/kpis.tsx';
import { useAnswer } from '../data/use-answer.ts';
import { useView } from '../state/view.ts';

const noGenai = 'No GenAI usage in this period: choose another period, or fewer filters.';

export function GenaiPage() {
  const [view] = useView();
  const genai = useAnswer<OverviewAnswer>(overviewAddress({ ...view, service: 'genai' }));
  return (
    <>
      <Kpis
        asked={genai}
        view={{ ...view, service: 'genai' }}
        kpis={[
          { of: 'usage', column: 'genai_tokens', title: 'Tokens', unit: 'tokens' },
          { of: 'usage', column: 'cost_usd', title: 'GenAI cost', unit: 'usd', better: 'less' },
          {
            of: 'usage',
            column: 'cost_per_1k_tokens',
            title: 'Cost of 1,000 tokens',
            unit: 'usd-fine',
            better: 'less',
          },
          { of: 'usage', column: 'requests', title: 'Requests', unit: 'count' },
        ]}
      />
      <div class="panels">
        <CubePanel
          title="Tokens by day"
          cube="genai"
          along="day"
          measures={[
            { measure: 'genai_tokens', title: 'Tokens', unit: 'tokens' },
            { measure: 'cost_usd', title: 'Cost', unit: 'usd', tableOnly: true },
            { measure: 'cost_per_1k_tokens', title: 'Cost of 1,000 tokens', unit: 'usd-fine', tableOnly: true },
          ]}
          wide
          empty={noGenai}
          note={() =>
            'Events of schema version 1 state no tokens: they count in the cost, not in the cost of 1,000 tokens.'
          }
        />
        <CubePanel
          title="GenAI cost"
          cube="genai"
          along="day"
          measures={[
            { measure: 'cost_usd', title: 'All events', unit: 'usd', kind: 'line' },
            { measure: 'stated_cost_usd', title: 'Events that state tokens', unit: 'usd', kind: 'line', dashed: true },
            ...(view.org === null
              ? []
              : [{ measure: 'estimated_cost_usd', title: 'Tokens × list price', unit: 'usd', kind: 'line' } as const]),
          ]}
          empty={noGenai}
        />
        <CubePanel
          title="Cost of 1,000 tokens"
          cube="genai"
          along="day"
          measures={[{ measure: 'cost_per_1k_tokens', title: 'Cost of 1,000 tokens', unit: 'usd-fine', kind: 'line' }]}
          empty={noGenai}
        />
        {view.org === null && (
          <CubePanel
            title="Tokens by region"
            cube="genai"
            along="region"
            measures={[
              { measure: 'genai_tokens', title: 'Tokens', unit: 'tokens' },
              { measure: 'cost_usd', title: 'Cost', unit: 'usd', tableOnly: true },
            ]}
            empty={noGenai}
          />
        )}
      </div>
    </>
  );
}
