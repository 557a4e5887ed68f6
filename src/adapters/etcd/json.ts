const STRING_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/gs;
const LONG_INTEGER = /^-?[1-9]\d{15,}$/;

/**
 * Parses what `etcdctl -w json` prints, without losing digits: whole numbers of 16 digits and more become strings.
 * Text inside strings stays as it is, also when it contains long numbers.
 *
 * @throws SyntaxError when the text is not JSON.
 */
export function parseEtcdJson(text: string): unknown {
  return JSON.parse(text.replaceAll(STRING_OR_NUMBER, (found) => (LONG_INTEGER.test(found) ? `"${found}"` : found)));
}
