import type { Json, JsonObject } from '../../json.ts';
import { SECRET_MARK, withoutSecrets } from '../../secrets.ts';

/** Names whose text is a secret: `users[].passwd`, `bootstrapTokens[].token`, `tlsBootstrapToken`. Source: Cluster API, `kubeadm_types.go`. */
const SECRET_NAME = /(?:passw(?:or)?d|passphrase|token|certificateKey)$/i;

/** Texts and lists in which anything may stand. Source: Cluster API, `kubeadmconfig_types.go`. */
const FREE = /^(?:additionalConfig|(?:boot|preKubeadm|postKubeadm)Commands)$/;
/** Lists of names and values. Of a topology `variables`, of one group of it `overrides`. Source: Cluster API, `cluster_types.go`. */
const NAMED = /^(?:variables|overrides|env|extraEnvs|extraArgs|kubeletExtraArgs)$/;
/** The same as `v1beta1` has them: values by their names. */
const BY_NAME = /^(?:env|extraArgs|kubeletExtraArgs)$/;

/**
 * An object of Cluster API for a store that does not encrypt: the contents of files that are written to machines, commands, arguments,
 * environments, variables, passwords, tokens and what looks like a secret elsewhere are replaced by a mark. Everything else stays as it is.
 */
export function withoutContents(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, hidden(name, value)]));
}

function hidden(name: string, value: Json): Json {
  if (FREE.test(name)) return allHidden(value);
  if (typeof value === 'string') return SECRET_NAME.test(name) && value !== '' ? SECRET_MARK : withoutSecrets(value);
  if (Array.isArray(value)) return value.map((item) => hiddenItem(name, item));
  if (!isObject(value)) return value;
  return BY_NAME.test(name) ? allHidden(value) : withoutContents(value);
}

/** A file may hold anything, so nothing in its content tells whether it is a secret. */
function hiddenItem(list: string, item: Json): Json {
  if (!isObject(item)) return hidden('', item);
  const rest = withoutContents(item);
  if (NAMED.test(list) && 'value' in item) return { ...rest, value: SECRET_MARK };
  return list === 'files' && typeof item['content'] === 'string' ? { ...rest, content: SECRET_MARK } : rest;
}

/** How many there are and their names stay; not one text does. */
function allHidden(value: Json): Json {
  if (Array.isArray(value)) return value.map(allHidden);
  if (!isObject(value)) return SECRET_MARK;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, allHidden(each)]));
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
