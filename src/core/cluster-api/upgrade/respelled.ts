import { parseVersion } from '../../kubernetes/version.ts';

/** How a version is spelled in the name of an image: `1.30.6`, `1-30-6`, `1_30_6`. */
const MARKS = ['.', '-', '_'] as const;

/**
 * The same text with the new version, in the spelling of the old one; `null`: it does not contain the old one. Numbers of an address
 * (`10.1.30.6`) or of a date (`2024-1-30-6`) are no version, nor is anything in the name of a host.
 */
export function respelled(text: string, from: string, to: string): string | null {
  const [old, next] = [parseVersion(from), parseVersion(to)];
  if (old === null || next === null) return null;
  const host = hostOf(text);
  const before = text.slice(host.length);
  let after = before;
  for (const mark of MARKS) {
    const spelled = [old.major, old.minor, old.patch].join(`\\${mark}`);
    const pattern = new RegExp(`(?<!\\d|\\d\\${mark})${spelled}(?!\\d|\\.\\d)`, 'g');
    after = after.replaceAll(pattern, [next.major, next.minor, next.patch].join(mark));
  }
  return after === before ? null : `${host}${after}`;
}

/** Where an image comes from: `http://10.1.30.6:8080`, `registry.example:5000`. An address there is no version. Empty: nothing says so. */
function hostOf(text: string): string {
  const scheme = /^[a-z][a-z\d+.-]{0,20}:\/\//i.exec(text)?.[0] ?? '';
  const rest = text.slice(scheme.length);
  const [first = ''] = rest.split('/', 1);
  if (scheme !== '') return `${scheme}${first}`;
  return first.length < rest.length && /[.:]/.test(first) && !/\s/.test(first) ? first : '';
}
