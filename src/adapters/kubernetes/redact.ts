import { SECRET_MARK, withoutSecrets } from '../../core/secrets.ts';

/** Takes secrets out of texts that come from plug-ins, proxies and servers. */
export interface Redact {
  (text: string): string;
  /** Tells it a secret that is in use; texts shorter than 6 characters are not looked for. */
  learn(secret: string): void;
}

/** So many secrets are remembered. */
const MOST_KNOWN = 64;

/**
 * Makes the function that takes secrets out of a text: tokens and keys in use, and what looks like a secret (see `withoutSecrets`).
 * The log redacts on its own; this one is for messages that people see in a channel.
 */
export function createRedact(): Redact {
  const known = new Set<string>();
  function redact(text: string): string {
    let rest = text;
    for (const secret of [...known].toSorted((a, b) => b.length - a.length))
      rest = rest.replaceAll(secret, SECRET_MARK);
    return withoutSecrets(rest);
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
