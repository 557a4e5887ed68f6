import { type Json, JsonObject } from '../../json.ts';
import type { KubernetesObject } from '../../ports/kubernetes.ts';
import { withoutContents } from './without-contents.ts';

/** Metadata that the server writes, or that means nothing elsewhere. */
const SERVERS: ReadonlySet<string> = new Set([
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'managedFields',
  'selfLink',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
]);
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * An object as it could be made again: without what the server wrote. Its status stays: it says how things stood, and `kubectl` passes it
 * over. Owners stay with their uid: who makes objects again sees what belonged together.
 */
export function exported(object: KubernetesObject): JsonObject {
  const plain = JsonObject.parse(object);
  const metadata = Object.entries(JsonObject.parse(plain['metadata']))
    .filter(([name]) => !SERVERS.has(name))
    .map(([name, value]) => [name, name === 'annotations' ? withoutLastApplied(value) : value] as const);
  return { ...plain, metadata: Object.fromEntries(metadata) };
}

function withoutLastApplied(value: Json): Json {
  const { data } = JsonObject.safeParse(value);
  return Object.fromEntries(Object.entries(data ?? {}).filter(([name]) => name !== LAST_APPLIED));
}

const LEFT_OUT =
  'This store does not encrypt: contents of files, additional configuration, commands, arguments, environments, variables, passwords and tokens in the configuration of machines are left out too.';

/** What stands beside the objects of an export. */
export interface ExportFacts {
  readonly cluster: string;
  readonly at: string;
  readonly run: string;
  /** Whoever can read the store can read the text. What may be a secret in the configuration of machines is left out then. */
  readonly isEncrypted: boolean;
}

/** The text of an export: a List as `kubectl` reads it, and what is not in it. */
export function exportText(objects: readonly KubernetesObject[], { isEncrypted, ...facts }: ExportFacts): string {
  const secrets = 'Objects of Cluster API before an upgrade. Secrets are left out: keep copies of them elsewhere.';
  const note = isEncrypted ? secrets : `${secrets} ${LEFT_OUT}`;
  const list = {
    apiVersion: 'v1',
    kind: 'List',
    metadata: { annotations: { 'drydock.dev/export': note } },
    drydock: facts,
    items: objects.map((object) => (isEncrypted ? exported(object) : withoutContents(exported(object)))),
  };
  return `${JSON.stringify(list, null, 2)}\n`;
}
