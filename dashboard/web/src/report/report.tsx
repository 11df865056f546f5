/** The report: the pages of the dashboard one after another, drawn once, from answers alone. */
import { renderToStaticMarkup } from 'preact-render-to-string';
import { Router } from 'wouter-preact';
import type { DimensionsAnswer, OrganisationsAnswer } from '../../../api.ts';
import type { RenderReport } from '../../../report/rendering.ts';
import { sourcesOf } from '../../../report/sources.ts';
import { dayText } from '../format.ts';
import { CarbonPage } from '../pages/carbon.tsx';
import { FinopsPage } from '../pages/finops.tsx';
import { GenaiPage } from '../pages/genai.tsx';
import { OverviewPage } from '../pages/overview.tsx';
import { RevenuePage } from '../pages/revenue.tsx';
import { SupportPage } from '../pages/support.tsx';
import { viewOf } from '../state/view.ts';
import common from '../styles/common.css';
import { TablesAbove } from './components/panel.tsx';
import { AnswersOfReport, useAnswer } from './data/use-answer.ts';
import { DataSection } from './data-section.tsx';
import { Header, type Subject } from './header.tsx';
import own from './report.css';

export const renderReport: RenderReport = ({ search, madeAt, answers }) => {
  const missing = new Set<string>();
  const of = (address: string): unknown => {
    if (!answers.has(address)) missing.add(address);
    return answers.get(address) ?? null;
  };
  const document = renderToStaticMarkup(
    <AnswersOfReport.Provider value={{ of }}>
      <TablesAbove.Provider value={new Map()}>
        <Router ssrPath="/" ssrSearch={search}>
          <Report search={search} madeAt={madeAt} sources={sourcesOf(answers.values())} />
        </Router>
      </TablesAbove.Provider>
    </AnswersOfReport.Provider>,
  );
  return { html: `<!doctype html>${document}\n`, missing: [...missing] };
};

interface ReportProps {
  readonly search: string;
  readonly madeAt: string;
  readonly sources: ReturnType<typeof sourcesOf>;
}

function Report({ search, madeAt, sources }: ReportProps) {
  const view = viewOf(new URLSearchParams(search));
  const dimensions = useAnswer<DimensionsAnswer>('/api/v1/dimensions').data;
  const found = useAnswer<OrganisationsAnswer>(
    view.org === null ? null : `/api/v1/organisations?${new URLSearchParams({ search: view.org, limit: '1' })}`,
  ).data;
  const [first] = found?.organisations ?? [];
  const subject: Subject = { view, organisation: first?.org_id === view.org ? first : null };
  const name = view.org === null ? 'All organisations' : (subject.organisation?.org_name ?? view.org);
  const title = `${name}, ${dayText(view.from!)} to ${dayText(view.to!)}`;
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        {/* Nothing is loaded and nothing runs, whatever the data say. */}
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"
        />
        <title>{`${title} · Cloud Provider Analytics`}</title>
        <link rel="icon" href="data:," />
        <style dangerouslySetInnerHTML={{ __html: common + own }} />
      </head>
      <body>
        <main>
          <Header name={name} subject={subject} madeAt={madeAt} />
          <Page name="Overview">
            <OverviewPage dimensions={dimensions} />
          </Page>
          <Page name="FinOps">
            <FinopsPage dimensions={dimensions} />
          </Page>
          <Page name="Support">
            <SupportPage />
          </Page>
          <Page name="Revenue">
            <RevenuePage />
          </Page>
          <Page name="GenAI">
            <GenaiPage />
          </Page>
          <Page name="Carbon">
            <CarbonPage dimensions={dimensions} />
          </Page>
          <Page name="Data">
            <DataSection sources={sources} />
          </Page>
        </main>
      </body>
    </html>
  );
}

function Page({ name, children }: { readonly name: string; readonly children: preact.ComponentChildren }) {
  return (
    <article id={name.toLowerCase()}>
      <h2>{name}</h2>
      {children}
    </article>
  );
}
