/** The border to the pages of the report, which `web/build.mjs` bundles for Node. */

export interface ReportQuestion {
  /** The filters, as the search part of a page's address has them. */
  readonly search: string;
  /** When the report is made, UTC. */
  readonly madeAt: string;
  /** What the API said, by address. */
  readonly answers: ReadonlyMap<string, unknown>;
}

export interface Rendered {
  /** The whole document. */
  readonly html: string;
  /** Addresses whose answers are not there yet: without them the document has gaps. */
  readonly missing: readonly string[];
}

/** Draws the report from answers alone. */
export type RenderReport = (question: ReportQuestion) => Rendered;
