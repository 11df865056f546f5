/** One line on the terminal, beside the result, that is rewritten in place. */

/** Shows and clears the line; does nothing where nobody watches. */
export function statusLine(): { show: (text: string) => void; clear: () => void } {
  const { stderr } = process;
  if (!stderr.isTTY) return { show: () => undefined, clear: () => undefined };
  const erased = '\r\u001b[K';
  return {
    show: (text) => stderr.write(`${erased}${text.slice(0, stderr.columns - 1)}`),
    clear: () => stderr.write(erased),
  };
}
