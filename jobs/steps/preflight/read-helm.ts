import { z } from 'zod';
import type { KubernetesObject, KubernetesPort } from '../../../src/core/ports/kubernetes.ts';
import type { RemovedApi } from '../../../src/core/preflight/removed-apis.ts';
import { type Seen, seen, unseen } from '../../../src/core/preflight/seen.ts';
import { type HelmUse, helmUses } from '../../../src/core/preflight/stored-apis.ts';
import { LIST_MS } from './read-parts.ts';

/** What was found in releases of Helm. */
export interface HelmSeen {
  readonly uses: readonly HelmUse[];
  readonly opened: number;
  /** Releases that could not be opened, with why. */
  readonly unopened: readonly string[];
}

/** Pages are small: a release may have a MiB. */
const PAGE = 20;
/** Most bytes of all releases together, as they are stored. */
const MOST_STORED = 64 << 20;
/** Most bytes of one release, opened. */
const MOST_OPENED = 16 << 20;

const Stored = z.object({ data: z.object({ release: z.string() }) });
const Release = z.object({ manifest: z.string().nullish() });

/**
 * Opens the releases of Helm that are deployed and looks which versions their manifests are of. Of a release only versions and kinds are kept:
 * its values and its objects may hold secrets. Source: Helm 3 stores a release as base64 of gzip of JSON, in a Secret of type `helm.sh/release.v1`.
 */
export async function readHelm(
  kubernetes: Pick<KubernetesPort, 'eachPage'>,
  removed: readonly RemovedApi[],
  signal: AbortSignal,
): Promise<Seen<HelmSeen>> {
  const releases = new Map<string, string>();
  const unopened: string[] = [];
  let size = 0;
  const query = {
    apiVersion: 'v1',
    kind: 'Secret',
    namespace: null,
    labelSelector: 'owner=helm,status=deployed',
    fieldSelector: 'type=helm.sh/release.v1',
  };
  const end = await kubernetes.eachPage(query, { timeoutMs: LIST_MS, signal, pageSize: PAGE }, (page) => {
    for (const secret of page) {
      const stored = Stored.safeParse(secret);
      const name = releaseName(secret);
      if (!stored.success) unopened.push(`${name}: its shape is not known`);
      else if (size + stored.data.data.release.length > MOST_STORED) unopened.push(`${name}: too many releases`);
      else {
        size += stored.data.data.release.length;
        releases.set(name, stored.data.data.release);
      }
    }
  });
  if (!end.ok) return unseen(end.error.message);
  const uses: HelmUse[] = [];
  let opened = 0;
  for (const [name, stored] of releases) {
    const manifest = await openRelease(stored);
    if (manifest.ok) {
      opened += 1;
      uses.push(...helmUses(name, manifest.value, removed));
    } else unopened.push(`${name}: ${manifest.why}`);
  }
  return seen({ uses, opened, unopened });
}

function releaseName({ metadata }: KubernetesObject): string {
  return `${metadata.namespace ?? ''}/${metadata.labels?.['name'] ?? metadata.name}`;
}

/** The manifest of a stored release. */
export async function openRelease(stored: string): Promise<Seen<string>> {
  try {
    const packed = Buffer.from(Buffer.from(stored, 'base64').toString('latin1'), 'base64');
    const text = await unpack(packed);
    if (text === null) return unseen(`it has more than ${MOST_OPENED >> 20} MiB`);
    const release = Release.safeParse(JSON.parse(text));
    return release.success ? seen(release.data.manifest ?? '') : unseen('its shape is not known');
  } catch {
    // What is wrong is not told: it might quote the release.
    return unseen('it is not stored as Helm stores releases');
  }
}

async function unpack(packed: Uint8Array<ArrayBuffer>): Promise<string | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'))) {
    size += chunk.length;
    if (size > MOST_OPENED) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
