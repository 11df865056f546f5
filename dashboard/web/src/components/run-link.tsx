import type { Row } from '../../../api.ts';

/** The workflow run of a row, in the Temporal UI where there is one. */
export function RunLink({ ui, row }: { readonly ui: string | null; readonly row: Row }) {
  const { workflow_id: workflow, run_id: run } = row;
  if (workflow == null || run == null) return <>–</>;
  if (ui === null) return <>{workflow}</>;
  return (
    <a
      href={`${ui}/${encodeURIComponent(String(workflow))}/${encodeURIComponent(String(run))}`}
      target="_blank"
      rel="noopener noreferrer"
    >
      {workflow}
    </a>
  );
}
