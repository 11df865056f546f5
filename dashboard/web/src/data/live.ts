/** News from the server: publications as they come, and whether anything can be answered. */
import { useEffect, useState } from 'preact/hooks';

export interface News {
  /** Publication by mart; changes when the numbers on the page may have. */
  readonly published: Readonly<Record<string, number>> | null;
  /** Why nothing can be answered, as the server says; null while all is well. */
  readonly problem: string | null;
  /** Whether the server can be reached. */
  readonly connected: boolean;
}

let news: News = { published: null, problem: null, connected: true };
const listeners = new Set<() => void>();

function tell(change: Partial<News>): void {
  news = { ...news, ...change };
  for (const listener of listeners) listener();
}

/** Listens to the server for as long as the page is open. The browser connects again by itself. */
export function listen(): void {
  const events = new EventSource('/api/v1/live');
  events.addEventListener('published', ({ data }) => {
    tell({ published: JSON.parse(data) as Record<string, number>, problem: null, connected: true });
  });
  events.addEventListener('problem', ({ data }) => {
    tell({ problem: (JSON.parse(data) as { detail: string }).detail, connected: true });
  });
  events.addEventListener('error', () => {
    tell({ connected: false });
    // A refusal closes it for good.
    if (events.readyState === EventSource.CLOSED) setTimeout(listen, 5000);
  });
  events.addEventListener('open', () => tell({ connected: true }));
}

/** Calls back when numbers may have changed: after a publication, and when the server is lost or found. Gives what ends that. */
export function onChange(listener: () => void): () => void {
  let { published, connected } = news;
  const hear = (): void => {
    if (news.published === published && news.connected === connected) return;
    ({ published, connected } = news);
    listener();
  };
  listeners.add(hear);
  return () => {
    listeners.delete(hear);
  };
}

export function useNews(): News {
  const [seen, setSeen] = useState(news);
  useEffect(() => {
    const listener = () => setSeen(news);
    listeners.add(listener);
    listener();
    return () => {
      listeners.delete(listener);
    };
  }, []);
  return seen;
}
