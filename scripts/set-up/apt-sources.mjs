/**
 * Rewrites an apt source file so that it names Debian trixie. Only entries for the machine's own suite with the
 * component `main` are kept; updates, security and third-party suites have other names and fall away.
 * @param {string} text
 * @param {'deb822' | 'one-line'} format of `*.sources` and `*.list` files
 * @param {string} codename of the machine's own Debian, such as bookworm
 * @returns {string} empty when nothing is left
 */
export function inTrixie(text, format, codename) {
  const entries = format === 'deb822' ? text.split(/\n\s*\n/) : text.split('\n');
  const rewritten = entries.map((entry) => (format === 'deb822' ? stanza(entry, codename) : line(entry, codename)));
  return rewritten.filter((entry) => entry !== '').join(format === 'deb822' ? '\n\n' : '\n');
}

/**
 * @param {string} text
 * @param {string} codename
 */
function stanza(text, codename) {
  const lines = text.split('\n').filter((row) => row.trim() !== '' && !row.startsWith('#'));
  const wanted = [
    /^Types:.*\bdeb(\s|$)/i,
    new RegExp(`^Suites:(.*\\s)?${codename}(\\s|$)`, 'i'),
    /^Components:.*\bmain\b/i,
  ];
  const off = lines.some((row) => /^Enabled:\s*no/i.test(row));
  if (off || !wanted.every((pattern) => lines.some((row) => pattern.test(row)))) return '';
  return lines.map((row) => (/^Suites:/i.test(row) ? 'Suites: trixie' : row)).join('\n');
}

/**
 * @param {string} text
 * @param {string} codename
 */
function line(text, codename) {
  const entry = /^\s*deb\s+(\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+(.*)$/.exec(text);
  if (entry === null) return '';
  const [, options = '', uri, suite, components = ''] = entry;
  return suite === codename && /\bmain\b/.test(components) ? `deb ${options}${uri} trixie ${components}` : '';
}
