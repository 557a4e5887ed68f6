import { z } from 'zod';
import { parseTime } from '../time.ts';
import type { BackupBody } from './manifest.ts';

/** How the API server encrypts values, as far as it can be seen. `on`: `types` are its providers. */
export type EncryptionReading =
  /** `before`: what says that values were encrypted once, without a period; left out: nothing does. The control plane keeps the keys of then. */
  | { readonly kind: 'none'; readonly before?: string }
  | { readonly kind: 'on'; readonly types: readonly string[] }
  /** Values are being rewritten, or are about to be: a backup of now would need two sets of keys. */
  | { readonly kind: 'migrating'; readonly words: string }
  /** Without a period. */
  | { readonly kind: 'unknown'; readonly why: string };

/** An operator of OpenShift that encrypts a part of the resources, as the API gave it; `null`: it could not be read. */
export interface EncryptionHolder {
  readonly name: string;
  readonly object: unknown;
}

const Wanted = z.looseObject({
  spec: z.looseObject({ encryption: z.looseObject({ type: z.string().optional() }).optional() }),
});
const Conditioned = z.looseObject({
  status: z.looseObject({
    conditions: z.array(z.looseObject({ type: z.string(), reason: z.string().optional() })).optional(),
  }),
});
const PodCommand = z.looseObject({
  spec: z.looseObject({
    containers: z.array(
      z.looseObject({ command: z.array(z.string()).optional(), args: z.array(z.string()).optional() }),
    ),
  }),
});

/**
 * What OpenShift says. Its condition lags behind while revisions converge, so one that does not fit what is asked for counts as a migration.
 *
 * @param apiServer `config.openshift.io/v1` APIServer `cluster`
 * @param holders the operators that carry the condition `Encrypted`
 */
export function openshiftEncryption(apiServer: unknown, holders: readonly EncryptionHolder[]): EncryptionReading {
  const wanted = Wanted.safeParse(apiServer);
  if (!wanted.success) return { kind: 'unknown', why: 'what encryption is asked for could not be read' };
  const type = wanted.data.spec.encryption?.type ?? '';
  const isOn = type !== '' && type !== 'identity';
  const reasons = holders.map(({ name, object }) => ({ name, reason: reasonOf(object) }));
  const moving = reasons.filter(({ reason }) => reason !== null && isMoving(reason, isOn));
  if (moving.length > 0)
    return { kind: 'migrating', words: moving.map(({ name, reason }) => `${name}: ${reason ?? ''}`).join(', ') };
  const unseen = reasons.filter(({ reason }) => reason === null).map(({ name }) => name);
  if (unseen.length > 0) return { kind: 'unknown', why: `nothing of it is to be read from ${unseen.join(', ')}` };
  if (isOn) return { kind: 'on', types: [type] };
  const before = reasons.filter(({ reason }) => reason !== NEVER_ON);
  if (before.length === 0) return { kind: 'none' };
  return { kind: 'none', before: before.map(({ name, reason }) => `${name}: ${reason ?? ''}`).join(', ') };
}

/** What a condition says while no key was ever made. After a decryption it says so of that, and the keys stay on the nodes. */
const NEVER_ON = 'EncryptionDisabled';

/** Values may be rewritten for so long after another type was asked for, ms. */
const REWRITING_MS = 86_400_000;

/**
 * The reading beside what earlier backups were taken with. From one type to another OpenShift's conditions go on saying that all is done while values
 * are rewritten, and who wants more than their word has to read the keys themselves. So a type that was another one when the last backup was taken, or
 * within a day, makes it a thing that cannot be told.
 *
 * @param earlier what is in the store, newest first
 */
export function recalledEncryption(
  reading: EncryptionReading,
  earlier: readonly Pick<BackupBody, 'id' | 'createdAt' | 'encryptionAtRest'>[],
  nowMs: number,
): EncryptionReading {
  if (reading.kind !== 'on') return reading;
  const now = reading.types.join(', ');
  const other = earlier
    .flatMap(({ id, createdAt, encryptionAtRest }) =>
      typeof encryptionAtRest === 'string' ? [] : [{ id, createdAt, types: encryptionAtRest.types.join(', ') }],
    )
    .find(({ createdAt, types }, at) => types !== now && (at === 0 || nowMs - parseTime(createdAt) < REWRITING_MS));
  if (other === undefined) return reading;
  const why = `${other.id} was taken with ${other.types}, and now it is ${now}: the API server calls values rewritten before they are`;
  return { kind: 'unknown', why };
}

/** A snapshot in the store. `encryptionAtRest`: see its manifest; `null`: it has none that can be read. */
export interface StoredSnapshot {
  readonly id: string;
  readonly encryptionAtRest: BackupBody['encryptionAtRest'] | null;
}

/**
 * Why keys that the control plane has now may open values in snapshots of the store, without a period. `null`: values were never encrypted, as far as
 * the cluster and every snapshot there tell. That they are not encrypted now is not enough: the keys of before are kept, and so are older snapshots.
 *
 * @param reading `null`: nobody says
 */
export function whyKeysOpen(reading: EncryptionReading | null, stored: readonly StoredSnapshot[]): string | null {
  if (reading === null || reading.kind === 'unknown')
    return `it cannot be told whether values are encrypted at rest (${reading?.why ?? 'nobody says'})`;
  if (reading.kind === 'migrating') return `an encryption migration is in progress (${reading.words})`;
  if (reading.kind === 'on') return `values are encrypted at rest (${reading.types.join(', ')})`;
  if (reading.before !== undefined)
    return `values were encrypted at rest before (${reading.before}), and the control plane keeps the keys`;
  const other = stored.find(({ encryptionAtRest }) => encryptionAtRest !== 'none');
  if (other === undefined) return null;
  if (other.encryptionAtRest === null) return `it cannot be told whether values are encrypted in ${other.id}`;
  return typeof other.encryptionAtRest === 'string'
    ? `${other.id} in the store may have values that are encrypted at rest`
    : `${other.id} in the store has values that are encrypted at rest (${other.encryptionAtRest.types.join(', ')})`;
}

/** What the command lines of kubeadm's API servers say: only that there is none, or that it cannot be told. */
export function kubeadmEncryption(apiServers: readonly unknown[]): EncryptionReading {
  const lines = apiServers.map((pod) => PodCommand.safeParse(pod));
  if (lines.length === 0) return { kind: 'unknown', why: 'no pod of an API server was seen' };
  if (lines.some(({ success }) => !success)) return { kind: 'unknown', why: 'the pod of an API server cannot be read' };
  const words = lines.flatMap(({ data }) =>
    (data?.spec.containers ?? []).flatMap(({ command = [], args = [] }) => command.concat(args)),
  );
  const flag = words.find((word) => word.startsWith('--encryption-provider-config'));
  if (flag === undefined) return { kind: 'none' };
  return { kind: 'unknown', why: `an API server runs with ${flag}; how far values are rewritten is not to be seen` };
}

/** As a manifest has it. */
export function atRestOf(reading: EncryptionReading): BackupBody['encryptionAtRest'] {
  if (reading.kind === 'on') return { types: [...reading.types] };
  return reading.kind === 'none' ? 'none' : 'unknown';
}

function reasonOf(object: unknown): string | null {
  const read = Conditioned.safeParse(object);
  return read.data?.status.conditions?.find(({ type }) => type === 'Encrypted')?.reason ?? null;
}

function isMoving(reason: string, isOn: boolean): boolean {
  if (reason === 'EncryptionInProgress' || reason === 'DecryptionInProgress') return true;
  return isOn ? reason !== 'EncryptionCompleted' : reason === 'EncryptionCompleted';
}
