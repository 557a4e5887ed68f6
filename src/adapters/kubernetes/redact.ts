/** Takes secrets out of texts that come from plug-ins, proxies and servers. */
export interface Redact {
  (text: string): string;
  /** Tells it a secret that is in use; texts shorter than 6 characters are not looked for. */
  learn(secret: string): void;
}

const MARK = '[redacted]';
/** So many secrets are remembered. */
const MOST_KNOWN = 64;

const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z0-9 ]+-----[\s\S]*?(?:-----END [A-Z0-9 ]+-----|$)/g, MARK],
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/"'<>]*@/gi, `$1${MARK}@`],
  [/\b(bearer|basic)\s+[\w.~+/=-]{4,}/gi, `$1 ${MARK}`],
  [/((?:password|passwd|secret|token|key-data|keydata)\\?["']?\s*[:=]\s*\\?["']?)[^\s"',}&\\]+/gi, `$1${MARK}`],
  [/\beyJ[\w-]{8,}(?:\.[\w-]+){0,2}/g, MARK],
  [/\bk8s-aws-v1\.[\w-]+/g, MARK],
  [/\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g, MARK],
];

/**
 * Makes the function that takes secrets out of a text: tokens and keys in use, PEM blocks, bearer headers, passwords in addresses,
 * web tokens. The log redacts on its own; this one is for messages that people see in a channel.
 */
export function createRedact(): Redact {
  const known = new Set<string>();
  function redact(text: string): string {
    let rest = text;
    for (const secret of [...known].toSorted((a, b) => b.length - a.length)) rest = rest.replaceAll(secret, MARK);
    for (const [pattern, replacement] of PATTERNS) rest = rest.replace(pattern, replacement);
    return rest;
  }
  function learn(secret: string): void {
    for (const each of [secret, secret.trim(), encodeURIComponent(secret)]) {
      if (each.length < 6) continue;
      // The latest are the last: tokens that rotate for months must not pile up.
      known.delete(each);
      known.add(each);
    }
    for (const each of [...known].slice(0, -MOST_KNOWN)) known.delete(each);
  }
  return Object.assign(redact, { learn });
}
