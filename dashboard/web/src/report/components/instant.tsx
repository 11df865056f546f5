import type { Row } from '../../../../api.ts';

/** An instant; how long ago that was depends on when the report is read. */
export function Instant({ at }: { readonly at: Row[string] | undefined }) {
  if (at == null) return <>–</>;
  const text = String(at);
  return <time dateTime={text} title={text}>{`${text.slice(0, 19).replace('T', ' ')} UTC`}</time>;
}
