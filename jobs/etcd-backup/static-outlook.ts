import type { CataloguedBackup } from '../../src/core/backup/catalogue.ts';
import { type EncryptionReading, type StoredSnapshot, whyKeysOpen } from '../../src/core/backup/encryption-state.ts';
import { whyTogether } from '../../src/core/backup/keys-apart.ts';
import { operatorTrouble, STATIC_OPERATORS } from '../../src/core/backup/operators.ts';
import { keysFileOf } from '../../src/core/backup/static-files.ts';
import { type ClusterProfile, hasKnownNodes } from '../../src/core/cluster-profile.ts';
import type { VaultFacts } from '../../src/core/ports/backup-vault.ts';
import type { KubernetesPort } from '../../src/core/ports/kubernetes.ts';

/** Whether static files may be taken, and the file with the keys of encryption at rest beside them. `why`: why not, without a period. */
export type StaticOutlook =
  | { readonly ok: true; readonly keysFile: string | null }
  | { readonly ok: false; readonly why: string };

const CALL_MS = 10_000;
const ELSEWHERE = 'manifests, certificates and keys of the control plane are not in it: keep a copy of them elsewhere';

/** Why a cluster as it is configured has no static files beside its snapshots; `null`: it may have. */
export function whyNever({ name, platform, nodeShell = null }: ClusterProfile): string | null {
  if (!hasKnownNodes(platform))
    return `static files are taken on kubeadm and OpenShift only, and ${name} is ${platform}; ${ELSEWHERE}`;
  return nodeShell === null
    ? `no nodeShell.image is configured for ${name}, with which they are read; ${ELSEWHERE}`
    : null;
}

/** The snapshots of a list. One without a manifest that can be read may be of any time. */
export function storedIn(backups: readonly CataloguedBackup[]): readonly StoredSnapshot[] {
  return backups.map(({ id, manifest }) => ({ id, encryptionAtRest: manifest?.encryptionAtRest ?? null }));
}

/**
 * Looks whether static files may be taken as things are now: operators at rest, and the keys of encryption at rest not beside the data.
 *
 * @param stored the snapshots beside which they would lie; of no meaning where they would not
 * @param node whose files; `null`: not known yet, so nothing is said of the file with the keys
 */
export async function lookAhead(
  kubernetes: Pick<KubernetesPort, 'get' | 'list'>,
  { platform }: Pick<ClusterProfile, 'platform'>,
  {
    vault,
    encryption,
    stored,
    node,
  }: {
    readonly vault: VaultFacts;
    readonly encryption: EncryptionReading | null;
    readonly stored: readonly StoredSnapshot[];
    readonly node: string | null;
  },
  signal: AbortSignal,
): Promise<StaticOutlook> {
  const call = { timeoutMs: CALL_MS, signal };
  const together = whyTogether(vault);
  if (encryption?.kind === 'migrating')
    return { ok: false, why: `an encryption migration is in progress (${encryption.words})` };
  const opens = together === null ? null : whyKeysOpen(encryption, stored);
  if (opens !== null)
    return {
      ok: false,
      why: `${opens}, and the keys must not lie beside the data: ${together}. Set backups.staticResources`,
    };
  if (platform === 'openshift') {
    const operators = await Promise.all(
      STATIC_OPERATORS.map(async (name) => {
        const got = await kubernetes.get(
          { apiVersion: 'config.openshift.io/v1', kind: 'ClusterOperator', namespace: null, name },
          call,
        );
        return { name, object: got.ok ? got.value : null, unread: got.ok ? [] : [got.error.message] };
      }),
    );
    const why = operatorTrouble(operators);
    if (why === null) return { ok: true, keysFile: null };
    return { ok: false, why: [why, ...new Set(operators.flatMap(({ unread }) => unread))].join('; ') };
  }
  if (node === null) return { ok: true, keysFile: null };
  const pods = await kubernetes.list(
    { apiVersion: 'v1', kind: 'Pod', namespace: 'kube-system', labelSelector: 'component=kube-apiserver' },
    call,
  );
  if (!pods.ok) return { ok: false, why: `the pods of the API servers could not be listed: ${pods.error.message}` };
  const keys = keysFileOf(pods.value.items, node);
  return keys.ok ? { ok: true, keysFile: keys.file } : keys;
}
