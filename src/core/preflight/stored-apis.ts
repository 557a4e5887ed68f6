import { z } from 'zod';
import type { KubernetesObject } from '../ports/kubernetes.ts';
import { type RemovedApi, removedApiOf } from './removed-apis.ts';

/** A stored object that somebody wrote in a version that is removed. */
export interface StoredUse {
  readonly removed: RemovedApi;
  readonly kind: string;
  /** `web/nginx`, or the name alone. */
  readonly name: string;
  /** `applied`: a manifest in that version was applied, and would be again. `written`: fields of it were written in it. */
  readonly by: 'applied' | 'written';
  /** Who wrote, as the API server knows them; empty: nobody says. */
  readonly manager: string;
}

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
const Applied = z.looseObject({ apiVersion: z.string(), kind: z.string() });
const Fields = z.array(
  z.object({ apiVersion: z.string().nullish(), manager: z.string().nullish(), operation: z.string().nullish() }),
);

/** How an object was written in a removed version, from its metadata alone; empty: it was not. Never throws. */
export function storedUses(
  object: Pick<KubernetesObject, 'kind' | 'metadata'>,
  removed: readonly RemovedApi[],
): readonly StoredUse[] {
  const { metadata, kind } = object;
  const name = metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`;
  const applied = appliedVersion(metadata.annotations?.[LAST_APPLIED]);
  const asApplied = applied === null ? null : removedApiOf(removed, applied.apiVersion, applied.kind);
  if (asApplied !== null) return [{ removed: asApplied, kind, name, by: 'applied', manager: 'kubectl apply' }];
  const fields = Fields.safeParse(metadata['managedFields'] ?? []);
  for (const { apiVersion, manager, operation } of fields.success ? fields.data : []) {
    const found = removedApiOf(removed, apiVersion ?? '', kind);
    if (found !== null) {
      return [
        { removed: found, kind, name, by: operation === 'Apply' ? 'applied' : 'written', manager: manager ?? '' },
      ];
    }
  }
  return [];
}

function appliedVersion(text: string | undefined): z.infer<typeof Applied> | null {
  if (text === undefined) return null;
  try {
    const applied = Applied.safeParse(JSON.parse(text));
    return applied.success ? applied.data : null;
  } catch {
    return null;
  }
}

/** An object of a manifest. */
export interface ManifestObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
}

/** The objects of a manifest of several documents, as Helm stores what it rendered. Reads three fields and nothing else; what has no version and kind is left out. */
export function manifestObjects(manifest: string): readonly ManifestObject[] {
  return manifest.split(/^---.*$/m).flatMap((document) => {
    const object = readDocument(document.split('\n'));
    return object.apiVersion === '' || object.kind === '' ? [] : [object];
  });
}

function readDocument(lines: readonly string[]): ManifestObject {
  const read = { apiVersion: '', kind: '', name: '' };
  let isMetadata = false;
  let indent = '';
  for (const line of lines) {
    const [, spaces = '', key = '', value = ''] = /^([ \t]*)["']?(\w+)["']?:[ \t]*["']?([^\s"'#,]*)/.exec(line) ?? [];
    if (key === '') continue;
    if (spaces === '') {
      isMetadata = key === 'metadata';
      if (key === 'apiVersion' || key === 'kind') read[key] = value;
    } else if (isMetadata) {
      if (indent === '') indent = spaces;
      if (key === 'name' && spaces === indent) read.name = value;
    }
  }
  return read;
}

/** A Helm release that was rendered in a removed version. */
export interface HelmUse {
  /** `web/nginx`. */
  readonly release: string;
  readonly removed: RemovedApi;
  readonly kind: string;
}

/** What of a release's manifest is of removed versions, each kind once. */
export function helmUses(release: string, manifest: string, removed: readonly RemovedApi[]): readonly HelmUse[] {
  const uses = new Map<string, HelmUse>();
  for (const { apiVersion, kind } of manifestObjects(manifest)) {
    const found = removedApiOf(removed, apiVersion, kind);
    if (found !== null) uses.set(`${apiVersion} ${kind}`, { release, removed: found, kind });
  }
  return [...uses.values()];
}
