/** The frame of every page. */
import { useEffect, useState } from 'preact/hooks';
import { Link, Route, Switch } from 'wouter-preact';
import type { DimensionsAnswer } from '../../api.ts';
import { Behind } from './components/behind.tsx';
import { Filters } from './components/filters.tsx';
import { Freshness } from './components/freshness.tsx';
import { type Choice, choose, chosen } from './components/theme.ts';
import { useNews } from './data/live.ts';
import { useAnswer } from './data/use-answer.ts';
import { CarbonPage } from './pages/carbon.tsx';
import { DataPage } from './pages/data.tsx';
import { FinopsPage } from './pages/finops.tsx';
import { GenaiPage } from './pages/genai.tsx';
import { OverviewPage } from './pages/overview.tsx';
import { RevenuePage } from './pages/revenue.tsx';
import { SupportPage } from './pages/support.tsx';
import { usePageAddress, usePath } from './state/view.ts';

const pages = [
  { path: '/', name: 'Overview' },
  { path: '/finops', name: 'FinOps' },
  { path: '/support', name: 'Support' },
  { path: '/revenue', name: 'Revenue' },
  { path: '/genai', name: 'GenAI' },
  { path: '/carbon', name: 'Carbon' },
  { path: '/data', name: 'Data' },
] as const;

export function App() {
  const path = usePath();
  const address = usePageAddress();
  const dimensions = useAnswer<DimensionsAnswer>('/api/v1/dimensions');
  const page = pages.find((each) => each.path === path);
  useEffect(() => {
    document.title = `${page === undefined ? 'Not found' : page.name} · Cloud Provider Analytics`;
  }, [page]);
  return (
    <>
      <a class="skip" href="#main">
        To the figures
      </a>
      <header class="top">
        <div class="brand">Cloud Provider Analytics</div>
        <nav aria-label="Pages">
          {pages.map(({ path: to, name }) => (
            <Link key={to} href={address(to)} aria-current={to === path ? 'page' : undefined}>
              {name}
            </Link>
          ))}
        </nav>
        <ThemeChoice />
      </header>
      <Filters dimensions={dimensions.data} />
      <Trouble />
      <main id="main" tabIndex={-1}>
        <h1 class="unseen">{page?.name ?? 'Not found'}</h1>
        <Freshness />
        <Switch>
          <Route path="/">
            <OverviewPage dimensions={dimensions.data} />
          </Route>
          <Route path="/finops">
            <FinopsPage dimensions={dimensions.data} />
          </Route>
          <Route path="/support">
            <SupportPage />
          </Route>
          <Route path="/revenue">
            <RevenuePage />
          </Route>
          <Route path="/genai">
            <GenaiPage />
          </Route>
          <Route path="/carbon">
            <CarbonPage dimensions={dimensions.data} />
          </Route>
          <Route path="/data">
            <DataPage dimensions={dimensions.data} />
          </Route>
          <Route>
            <p>
              There is no page {path}. <Link href={address('/')}>To the overview</Link>
            </p>
          </Route>
        </Switch>
      </main>
      <Behind ui={dimensions.data?.temporal_ui ?? null} />
    </>
  );
}

/** What keeps the page from being up to date. */
function Trouble() {
  const { problem, connected } = useNews();
  const text = connected
    ? problem
    : 'The dashboard does not answer: what is shown may be old. It is asked again every few seconds.';
  return (
    <div class="trouble" role="status" hidden={text === null}>
      {text}
    </div>
  );
}

function ThemeChoice() {
  const [choice, setChoice] = useState<Choice>(chosen());
  return (
    <select
      class="theme"
      aria-label="Colours"
      value={choice}
      onChange={(event) => {
        const next = event.currentTarget.value as Choice;
        choose(next);
        setChoice(next);
      }}
    >
      <option value="system">Auto</option>
      <option value="light">Light</option>
      <option value="dark">Dark</option>
    </select>
  );
}
