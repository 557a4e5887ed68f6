import type { Json, JsonObject } from '../../json.ts';
import { SECRET_MARK, withoutSecrets } from '../../secrets.ts';

/** Names whose text is a secret: `users[].passwd`, `bootstrapTokens[].token`, `tlsBootstrapToken`. Source: Cluster API, `kubeadm_types.go`. */
const SECRET_NAME = /(?:passw(?:or)?d|passphrase|token|certificateKey)$/i;

/**
 * An object of Cluster API for a store that does not encrypt: the contents of files that are written to machines, passwords, tokens and what
 * looks like a secret elsewhere are replaced by a mark. Everything else stays as it is.
 */
export function withoutContents(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, hidden(name, value)]));
}

function hidden(name: string, value: Json): Json {
  if (typeof value === 'string') return SECRET_NAME.test(name) && value !== '' ? SECRET_MARK : withoutSecrets(value);
  if (Array.isArray(value)) return value.map((item) => hiddenItem(name, item));
  return isObject(value) ? withoutContents(value) : value;
}

/** A file may hold anything, so nothing in its content tells whether it is a secret. */
function hiddenItem(list: string, item: Json): Json {
  if (!isObject(item)) return hidden('', item);
  const rest = withoutContents(item);
  return list === 'files' && typeof item['content'] === 'string' ? { ...rest, content: SECRET_MARK } : rest;
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
