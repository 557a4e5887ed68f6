import type { Fields } from '../../contracts.ts';
import { type Filling, filled, inside, inTurn } from './filling.ts';

const mode = (value: Fields): Fields => filled(value, { defaultMode: 420 });
const fieldRefs = (value: Fields): Fields =>
  inside(value, 'items.*.fieldRef', (reference) => filled(reference, { apiVersion: 'v1' }));

/** A volume of a pod. One without any source is an empty directory. */
export const volume: Filling = inTurn(
  (value) => (Object.keys(value).some((name) => name !== 'name') ? value : { ...value, emptyDir: {} }),
  (value) => inside(value, 'secret', mode),
  (value) => inside(value, 'configMap', mode),
  (value) => inside(value, 'downwardAPI', inTurn(mode, fieldRefs)),
  (value) => inside(value, 'hostPath', (path) => filled(path, { type: '' })),
  (value) => inside(value, 'iscsi', (source) => filled(source, { iscsiInterface: 'default' })),
  (value) => inside(value, 'ephemeral.volumeClaimTemplate.spec', claimSpec),
  (value) => inside(value, 'projected', inTurn(mode, projected)),
);

const projected: Filling = inTurn(
  (value) => inside(value, 'sources.*.downwardAPI', fieldRefs),
  (value) => inside(value, 'sources.*.serviceAccountToken', (token) => filled(token, { expirationSeconds: 3600 })),
);

function claimSpec(spec: Fields): Fields {
  return filled(spec, { volumeMode: 'Filesystem' });
}

/** A claim of a volume. */
export const claim: Filling = inTurn(
  (value) => inside(value, 'spec', claimSpec),
  (value) => inside(value, 'status', (status) => filled(status, { phase: 'Pending' })),
);

/** A persistent volume. */
export const persistentVolume: Filling = inTurn(
  (value) =>
    inside(value, 'spec', (spec) =>
      filled(spec, { persistentVolumeReclaimPolicy: 'Retain', volumeMode: 'Filesystem' }),
    ),
  (value) => inside(value, 'spec.hostPath', (path) => filled(path, { type: '' })),
  (value) => inside(value, 'status', (status) => filled(status, { phase: 'Pending' })),
);

/** A class of storage. */
export function storageClass(value: Fields): Fields {
  return filled(value, { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' });
}
