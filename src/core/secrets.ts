/** What stands where a secret was. */
export const SECRET_MARK = '[redacted]';

/** Names whose value is a secret, as they stand before `=` or `:`, in settings, JSON and headers. */
const NAMES =
  'password|passwd|passphrase|pwd|secret(?:[_-]?(?:access[_-]?)?key)?|token|api[_-]?key|access[_-]?key|account[_-]?key|private[_-]?key|client[_-]?key|key-data|keydata';

/** `name =` and the like; quotes as people and JSON write them. */
const NAMED = `((?:${NAMES})\\\\{0,7}["']?\\s{0,20}[:=]\\s{0,20})`;

/**
 * What secrets look like wherever they stand. Replaced in this order. Each takes time that grows with the length of the text and no
 * faster, because people and clusters choose these texts.
 */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [
    /[-\u2013\u2014]{2,6}BEGIN [A-Z0-9 ]{1,60}[-\u2013\u2014]{2,6}[\s\S]*?(?:[-\u2013\u2014]{2,6}END [A-Z0-9 ]{1,60}[-\u2013\u2014]{2,6}|$)/g,
    SECRET_MARK,
  ],
  // The first characters of a PEM block in base64, as kubeconfigs and Secrets hold keys.
  [/LS0tLS1CRUdJTi[\w+/=]*/g, SECRET_MARK],
  [/x(?:ox[a-z](?:\.[a-z]{1,10})?|app)-[\w-]+/gi, SECRET_MARK],
  [/\bhttps:\/\/hooks\.slack(?:-gov)?\.com\/[^\s"'<>]+/gi, SECRET_MARK],
  [/\b([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/"'<>]{0,1000}@/gi, `$1${SECRET_MARK}@`],
  [/\b(bearer)\s{1,20}(?=[\w.~+/=-]{0,200}[\d=._]|[\w~+/-]{20})[\w.~+/=-]{4,}/gi, `$1 ${SECRET_MARK}`],
  [/\b(basic)\s{1,20}(?=[\w+/-]{0,200}[\d=]|[\w+/-]{20})[\w+/=-]{8,}/gi, `$1 ${SECRET_MARK}`],
  [
    /\b((?:proxy-)?authorization\\?["']?\s{0,20}[:=]\s{0,20}\\?["']?(?:(?:bearer|basic)\s{1,20})?)[^\r\n"',}\\]+/gi,
    `$1${SECRET_MARK}`,
  ],
  // Up to the quote that closes it: one with as many backslashes as the one that opens it, also in JSON inside of JSON.
  [new RegExp(`${NAMED}(\\\\{0,7}["'])(?:(?!(?<!\\\\)\\2)[^\\r\\n])+`, 'gi'), `$1$2${SECRET_MARK}`],
  [new RegExp(`${NAMED}([\u201c\u2018])[^\\r\\n\u201d\u2019]+`, 'gi'), `$1$2${SECRET_MARK}`],
  [new RegExp(`${NAMED}[^\\s"'\u201c\u2018,}&\\\\]+`, 'gi'), `$1${SECRET_MARK}`],
  [/(--(?:[a-z]{1,20}-){0,4}(?:password|passwd|secret|token)\s{1,20})[^\s"',}&\\-][^\s"',}&\\]*/gi, `$1${SECRET_MARK}`],
  [/\beyJ[\w-]{8,}(?:\.[\w-]+){0,2}/g, SECRET_MARK],
  [/\bk8s-aws-v1\.[\w-]+/g, SECRET_MARK],
  [/\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g, SECRET_MARK],
  [/\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{20,}|npm_[A-Za-z0-9]{30,})/g, SECRET_MARK],
  [/\b(?:AIza[\w-]{35}|ya29\.[\w-]{20,}|hvs\.[\w-]{20,}|AGE-SECRET-KEY-(?:PQ-)?1[0-9A-Za-z]+)/g, SECRET_MARK],
  [/\bsha256~[\w-]{20,}/g, SECRET_MARK],
];

/**
 * A text without what looks like a secret: tokens of Slack, of AWS, Google, GitHub, GitLab, npm, Vault, OpenShift and service accounts,
 * web tokens, private keys and other PEM blocks, also in base64, passwords in addresses, headers of authorization, and
 * values that are named as secrets (`password=…`). Names of nodes, ids, hashes and addresses stay. A secret that looks like an ordinary word is not
 * recognised: what uses secrets knows them by value besides.
 */
export function withoutSecrets(text: string): string {
  let rest = text;
  for (const [pattern, replacement] of PATTERNS) rest = rest.replace(pattern, replacement);
  return rest;
}
