/** One organisation or all of them. Source of the keys: ARIA Authoring Practices, combobox with list autocomplete. */
import { useEffect, useId, useState } from 'preact/hooks';
import type { Organisation, OrganisationsAnswer } from '../../../api.ts';
import { answerOf } from '../data/use-answer.ts';

const listed = 12;

export function OrgSearch({
  org,
  onChange,
}: {
  readonly org: string | null;
  readonly onChange: (org: string | null) => void;
}) {
  const id = useId();
  const [text, setText] = useState<string | null>(null);
  const [found, setFound] = useState<readonly Organisation[]>([]);
  const [total, setTotal] = useState(0);
  const [at, setAt] = useState(-1);
  const [name, setName] = useState<string | null>(null);
  const open = text !== null;

  useEffect(() => {
    if (org === null) {
      setName(null);
      return;
    }
    const abort = new AbortController();
    void find(org, 1, abort.signal).then((answer) => {
      const [first] = answer?.organisations ?? [];
      if (!abort.signal.aborted) setName(first?.org_id === org ? (first.org_name ?? org) : org);
    });
    return () => abort.abort();
  }, [org]);

  useEffect(() => {
    if (text === null) return;
    const abort = new AbortController();
    const timer = setTimeout(async () => {
      const answer = await find(text, listed, abort.signal);
      if (abort.signal.aborted || answer === null) return;
      setFound(answer.organisations);
      setTotal(answer.total);
      setAt(text === '' ? -1 : 0);
    }, 120);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [text]);

  const choose = (chosen: string | null): void => {
    onChange(chosen);
    setText(null);
    setAt(-1);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      if (!open) setText('');
      else if (found.length > 0)
        setAt((at + (event.key === 'ArrowDown' ? 1 : found.length - 1 + (at < 0 ? 1 : 0))) % found.length);
    } else if (event.key === 'Enter' && open) {
      event.preventDefault();
      const chosen = found[at];
      if (chosen !== undefined) choose(chosen.org_id);
      else if (text === '') choose(null);
    } else if (event.key === 'Escape') setText(null);
  };

  return (
    <div class="field org">
      <label for={id}>Organisation</label>
      <div class="combo">
        <input
          id={id}
          type="text"
          role="combobox"
          autocomplete="off"
          spellcheck={false}
          aria-expanded={open && found.length > 0}
          aria-controls={`${id}-list`}
          aria-activedescendant={at >= 0 ? `${id}-${at}` : undefined}
          aria-autocomplete="list"
          placeholder="All organisations"
          value={text ?? name ?? ''}
          onFocus={(event) => event.currentTarget.select()}
          onClick={() => open || setText('')}
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={onKeyDown}
          onBlur={() => setText(null)}
        />
        {org !== null && (
          <button type="button" class="clear" aria-label="All organisations" onClick={() => choose(null)}>
            ×
          </button>
        )}
        <div id={`${id}-list`} role="listbox" aria-label="Organisations" hidden={!open || found.length === 0}>
          {found.map((organisation, i) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the keys belong to the input, which keeps the focus
            <div
              key={organisation.org_id}
              id={`${id}-${i}`}
              role="option"
              tabIndex={-1}
              aria-selected={i === at}
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => choose(organisation.org_id)}
            >
              <span>{organisation.org_name ?? organisation.org_id}</span>
              <span class="faint">
                {organisation.org_id} · {organisation.hq_region ?? '–'} · {organisation.plan_tier ?? '–'}
              </span>
            </div>
          ))}
          {total > found.length && (
            <div class="faint rest" role="presentation">
              {total - found.length} more: type a part of the name
            </div>
          )}
        </div>
      </div>
    </div>
  );
}

async function find(search: string, limit: number, signal: AbortSignal): Promise<OrganisationsAnswer | null> {
  const parameters = new URLSearchParams({ search, limit: String(limit) });
  const answer = await answerOf<OrganisationsAnswer>(`/api/v1/organisations?${parameters}`, signal);
  return 'data' in answer ? answer.data : null;
}
