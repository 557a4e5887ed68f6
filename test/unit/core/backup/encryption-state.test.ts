import { expect, test } from 'vitest';
import {
  atRestOf,
  kubeadmEncryption,
  openshiftEncryption,
  recalledEncryption,
  whyKeysOpen,
} from '../../../../src/core/backup/encryption-state.ts';

const NAMES = ['KubeAPIServer', 'OpenShiftAPIServer', 'Authentication'];

function seen(type: string | undefined, reasons: readonly (string | null)[]) {
  const spec = type === undefined ? {} : { encryption: { type } };
  const holders = reasons.map((reason, at) => ({
    name: NAMES[at] ?? '',
    object: reason === null ? null : { status: { conditions: [{ type: 'Other' }, { type: 'Encrypted', reason }] } },
  }));
  return openshiftEncryption({ spec }, holders);
}

const DISABLED = 'EncryptionDisabled';
const DONE = 'EncryptionCompleted';

test.each([
  ['never encrypted', undefined, [DISABLED, DISABLED, DISABLED], 'none'],
  ['taken back', 'identity', ['DecryptionCompleted', 'DecryptionCompleted', 'DecryptionCompleted'], 'none'],
  ['encrypted', 'aescbc', [DONE, DONE, DONE], 'on'],
  ['one still encrypts', 'aescbc', [DONE, 'EncryptionInProgress', DONE], 'migrating'],
  [
    'one still decrypts',
    'identity',
    ['DecryptionInProgress', 'DecryptionCompleted', 'DecryptionCompleted'],
    'migrating',
  ],
  ['asked for, and not begun', 'aesgcm', [DISABLED, DISABLED, DISABLED], 'migrating'],
  ['to be taken back, and not begun', '', [DONE, DONE, DONE], 'migrating'],
  ['one that cannot be read', 'aescbc', [DONE, null, DONE], 'unknown'],
  ['one that cannot be read beside one at work', 'aescbc', ['EncryptionInProgress', null, DONE], 'migrating'],
] as const)('OpenShift, %s', (_, type, reasons, kind) => {
  expect(seen(type, reasons).kind).toBe(kind);
});

test('OpenShift that decrypted its values says so ever after, even one part of it', () => {
  expect(seen(undefined, [DISABLED, DISABLED, DISABLED])).toEqual({ kind: 'none' });
  const before = 'OpenShiftAPIServer: DecryptionCompleted';
  expect(seen('identity', [DISABLED, 'DecryptionCompleted', DISABLED])).toEqual({ kind: 'none', before });
});

test.each([
  ['never, and nothing there', { kind: 'none' }, [], null],
  ['never, and all there without', { kind: 'none' }, ['none', 'none'], null],
  ['one there cannot be read', { kind: 'none' }, ['none', null], 'cannot be told'],
  ['one there may be encrypted', { kind: 'none' }, ['none', 'unknown'], 'may have values'],
  ['one there is encrypted', { kind: 'none' }, ['none', { types: ['kms'] }], '(kms)'],
  ['decrypted', { kind: 'none', before: 'X: Y' }, [], 'before (X: Y)'],
  ['encrypted', { kind: 'on', types: ['kms'] }, [], 'values are encrypted at rest (kms)'],
  ['being rewritten', { kind: 'migrating', words: 'X: Y' }, [], 'in progress (X: Y)'],
  [
    'not to be told',
    { kind: 'unknown', why: 'away' },
    [],
    'cannot be told whether values are encrypted at rest (away)',
  ],
] as const)('whether keys of now may open a snapshot of the store: %s', (_, reading, stored, words) => {
  const why = whyKeysOpen(
    reading,
    stored.map((encryptionAtRest, at) => ({
      id: `prod-${at}`,
      encryptionAtRest: copied(encryptionAtRest),
    })),
  );
  expect(why === null).toBe(words === null);
  expect(why ?? '').toContain(words ?? '');
});

function copied(rest: 'none' | 'unknown' | null | { readonly types: readonly string[] }) {
  return rest === null || typeof rest === 'string' ? rest : { types: [...rest.types] };
}

test('OpenShift without its APIServer object cannot be told', () => {
  expect(openshiftEncryption(null, []).kind).toBe('unknown');
});

const pod = (...command: string[]) => ({ spec: { containers: [{ command }] } });

test('kubeadm: none where no API server is told of providers, else it cannot be told', () => {
  const plain = pod('kube-apiserver', '--secure-port=6443');

  expect(kubeadmEncryption([plain, plain])).toEqual({ kind: 'none' });
  expect(
    kubeadmEncryption([plain, pod('kube-apiserver', '--encryption-provider-config=/etc/kubernetes/enc.yaml')]),
  ).toEqual({ kind: 'unknown', why: expect.stringContaining('/etc/kubernetes/enc.yaml') });
  expect(kubeadmEncryption([]).kind).toBe('unknown');
  expect(kubeadmEncryption([plain, {}]).kind).toBe('unknown');
});

test('what a manifest says of it', () => {
  expect(atRestOf({ kind: 'on', types: ['aescbc'] })).toEqual({ types: ['aescbc'] });
  expect(atRestOf({ kind: 'none' })).toBe('none');
  expect(atRestOf({ kind: 'unknown', why: 'away' })).toBe('unknown');
});

const HOUR = 3_600_000;
const NOW = Date.parse('2026-11-22T12:00:00.000Z');

function taken(hoursAgo: number, encryptionAtRest: 'none' | 'unknown' | { types: string[] }) {
  return {
    id: `prod-${hoursAgo}`,
    createdAt: new Date(NOW - hoursAgo * HOUR).toISOString(),
    encryptionAtRest,
  };
}

test.each([
  ['no backup yet', [], 'on'],
  ['the same type', [taken(1, { types: ['aesgcm'] })], 'on'],
  [
    'another type, however long ago, in the newest that tells',
    [taken(1, 'unknown'), taken(99, { types: ['aescbc'] })],
    'unknown',
  ],
  ['another type within a day', [taken(1, { types: ['aesgcm'] }), taken(23, { types: ['aescbc'] })], 'unknown'],
  ['another type before', [taken(1, { types: ['aesgcm'] }), taken(25, { types: ['aescbc'] })], 'on'],
  ['none before: the conditions tell', [taken(1, 'none')], 'on'],
] as const)('from one type to another, the conditions are not enough: %s', (_, earlier, kind) => {
  expect(recalledEncryption({ kind: 'on', types: ['aesgcm'] }, earlier, NOW)).toMatchObject({ kind });
});

test('what is not encrypted, or is being rewritten, stays what it is', () => {
  const earlier = [taken(1, { types: ['aescbc'] })];
  expect(recalledEncryption({ kind: 'none' }, earlier, NOW)).toEqual({ kind: 'none' });
  expect(recalledEncryption({ kind: 'migrating', words: 'x' }, earlier, NOW)).toMatchObject({ kind: 'migrating' });
});
