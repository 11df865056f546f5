import type { ComponentChildren } from 'preact';

/** What can be done here, for who sees it on the page; the report leaves it out. */
export function Hint({ children }: { readonly children: ComponentChildren }) {
  return <>{children}</>;
}
