/** The command line cannot be right: nothing was done, asking the same again does not help. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
