import type { Row } from '../../../api.ts';
import { agoText } from '../format.ts';

/** An instant with how long ago it was. */
export function Instant({ at }: { readonly at: Row[string] | undefined }) {
  if (at == null) return <>–</>;
  const text = String(at);
  return (
    <time
      dateTime={text}
      title={text}
    >{`${text.slice(0, 19).replace('T', ' ')} · ${agoText(Date.now() - Date.parse(text))}`}</time>
  );
}
