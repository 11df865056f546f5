/** Search attributes of the line's runs: name → type, as registered with the server. */
export const searchAttributeTypes = {
  CpaLayer: 'KEYWORD',
  CpaTable: 'KEYWORD_LIST',
  CpaLogicalDate: 'KEYWORD',
  CpaMode: 'KEYWORD',
  CpaRunKind: 'KEYWORD',
  CpaRows: 'INT',
  CpaOutcome: 'KEYWORD',
} as const;
