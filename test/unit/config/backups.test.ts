import { describe, expect, test } from 'vitest';
import type { BackupsConfig } from '../../../src/config/config.ts';
import { profilesOf } from '../../../src/config/to-core.ts';
import { GOOD, load, problemsOf, warningsOf } from './support.ts';

const DAY_MS = 86_400_000;
const KEY = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p';
const OTHER = 'age1qrpuuhc9vt3gd4fslx0g6nr2p4r54q7evww8t87xmx5wphm42g0qp567hq';
const PRIVATE = 'AGE-SECRET-KEY-1QCN4RY7D0F3B9C5E2D4F6A8QCN4RY7D0F3B9C5E2D4F6A8QCN4RY7D0F';
const FOLDER = 'store: { type: file, path: . }';

/** A configuration whose cluster has this in `backups`. */
function withBackups(entry: string, platform = 'etcd'): string {
  const yaml = GOOD.replace('    channels', `    backups: { ${entry} }\n    channels`);
  return yaml.replace('platform: etcd', `platform: ${platform}`);
}

async function backupsOf(entry: string): Promise<BackupsConfig | null | undefined> {
  const result = await load(withBackups(entry));
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.config.clusters[0]?.backups;
}

describe('backups', () => {
  test('left out: none are taken, and drills restore in the folder for temporary files', async () => {
    const result = await load(GOOD);

    expect(result.ok && result.config.clusters[0]?.backups).toBeNull();
    expect(result.ok && result.config.drills).toEqual({ folder: null, programs: [] });
    expect(result.ok && profilesOf(result.config)[0]?.backups).toBeNull();
  });

  test('in a folder: compressed, kept for ever, told of after a day; paths start at the folder of the file', async () => {
    expect(await backupsOf(FOLDER)).toEqual({
      store: { type: 'file', path: expect.stringMatching(/^\/.*[^.]$/) },
      staticStore: null,
      retention: { keepLast: null, maxAgeMs: null },
      compression: 'zstd',
      encryption: null,
      staticEncryption: null,
      maxAgeMs: DAY_MS,
    });
  });

  test('in a bucket that keeps them, encrypted, static resources elsewhere under another key', async () => {
    const entry = [
      'store: { type: s3, bucket: backups, credentials: ca.crt, encryption: { type: aes256 }, keep: { for: 30d, mode: governance } }',
      'retention: { keepLast: 14, maxAge: 30d }, compression: none, maxAge: 6h',
      `encryption: { recipients: [${KEY}, ${OTHER}], identityFile: client.key }`,
      `staticResources: { store: { type: s3, bucket: keys, keep: { for: 30d } }, encryption: { recipients: [${OTHER}] } }`,
    ].join(', ');
    const s3 = {
      bucket: 'backups',
      prefix: null,
      region: null,
      endpoint: null,
      forcePathStyle: false,
      credentialsFile: expect.stringMatching(/^\/.*\/ca\.crt$/),
      encryption: { kind: 'aes256' },
      retentionMode: 'governance',
    };

    expect(await backupsOf(entry)).toEqual({
      store: { type: 's3', keepForMs: 30 * DAY_MS, s3 },
      staticStore: {
        type: 's3',
        keepForMs: 30 * DAY_MS,
        s3: { ...s3, bucket: 'keys', credentialsFile: null, encryption: null, retentionMode: 'compliance' },
      },
      retention: { keepLast: 14, maxAgeMs: 30 * DAY_MS },
      compression: 'none',
      encryption: { recipients: [KEY, OTHER], identityFile: expect.stringMatching(/^\/.*\/client\.key$/) },
      staticEncryption: { recipients: [OTHER], identityFile: null },
      maxAgeMs: 6 * 3_600_000,
    });
  });

  test('runbooks know how old one may be and how many are kept, not where', async () => {
    const result = await load(withBackups(`${FOLDER}, retention: { keepLast: 3 }, maxAge: 6h`));
    const [profile] = result.ok ? profilesOf(result.config) : [];

    expect(profile?.backups).toEqual({ maxAgeMs: 6 * 3_600_000, retention: { keepLast: 3, maxAgeMs: null } });
  });

  test('drills have a folder and programs', async () => {
    const result = await load(`${GOOD}drills: { folder: /scratch, programs: [etcd/3.5, /opt/etcd] }\n`);

    expect(result.ok && result.config.drills).toEqual({
      folder: '/scratch',
      programs: [expect.stringMatching(/^\/.*\/etcd\/3\.5$/), '/opt/etcd'],
    });
  });

  test.each([
    ['compression: zstd', 'clusters.prod.backups.store', 'is missing; expected { type: file, path }'],
    ['store: { type: s3, bucket: B }', 'clusters.prod.backups.store.bucket', 'the name of a bucket'],
    ['store: { type: s3, bucket: abc, prefix: ../x }', 'backups.store.prefix', 'letters, digits'],
    ['store: { type: s3, bucket: abc, endpoint: "https://a:b@c" }', 'backups.store.endpoint', 'without user'],
    ['store: { type: s3, bucket: abc, forcePathStile: true }', 'forcePathStile', 'did you mean forcePathStyle?'],
    ['store: { type: s3, bucket: abc, encryption: { type: kms, keys: k } }', 'encryption.keys', 'did you mean key?'],
    ['store: { type: s3, bucket: abc, keep: { for: 1h } }', 'backups.store.keep', 'at least 24 h'],
    ['store: { type: s3, bucket: abc, keep: 30d }', 'backups.store.keep', 'expected { for: 30d }'],
    ['store: { type: file, path: p, keep: { for: 30d } }', 'backups.store.keep', 'there is no such field'],
    [`${FOLDER}, compression: gzip`, 'backups.compression', 'expected zstd or none'],
    [`${FOLDER}, retention: { keepLast: 0 }`, 'retention.keepLast', '1 or more'],
    [`${FOLDER}, maxAge: 1s`, 'backups.maxAge', 'at least 1 min'],
    [`${FOLDER}, encryption: { recipients: [] }`, 'encryption.recipients', 'at least one public key'],
    [`${FOLDER}, encryption: { recipients: [${KEY.replace('z7h', 'z7j')}] }`, 'recipients[0]', 'copy it again'],
    [`${FOLDER}, encryption: { recipients: [${KEY}], identityFile: nowhere }`, 'identityFile', 'there is no such file'],
    ['store: { type: s3, bucket: abc, credentials: nowhere }', 'store.credentials', 'there is no such file'],
    [
      'store: { type: s3, bucket: abc, keep: { for: 30d } }, staticResources: { store: { type: file, path: p } }',
      'clusters.prod.backups.staticResources.store',
      'expected the same keep',
    ],
  ])('%s is refused in words', async (entry, path, words) => {
    const problems = await problemsOf(withBackups(entry));

    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^drydock\.yaml:\d+: /);
    expect(problems[0]).toContain(path);
    expect(problems[0]).toContain(words);
  });

  test('everything that is wrong is told at once, each with its line', async () => {
    const yaml = GOOD.replace(
      '    channels',
      '    backups:\n      store: { type: s3, bucket: B }\n      compression: gzip\n      encryption:\n        recipients:\n          - nobody\n    channels',
    );

    expect(await problemsOf(`${yaml}drills: { program: [x] }\n`)).toEqual([
      expect.stringMatching(/^drydock\.yaml:11: clusters\.prod\.backups\.store\.bucket: /),
      expect.stringMatching(/^drydock\.yaml:12: clusters\.prod\.backups\.compression: /),
      expect.stringMatching(/^drydock\.yaml:15: clusters\.prod\.backups\.encryption\.recipients\[0\]: /),
      expect.stringMatching(/^drydock\.yaml:22: drills\.program: there is no such field; did you mean programs\?$/),
    ]);
  });

  test.each([
    ['among recipients', `recipients: [${PRIVATE}]`, 'recipients[0]: this is a private key'],
    ['as recipients', `recipients: ${PRIVATE}`, 'recipients: expected a list of public keys'],
    ['as identityFile', `recipients: [${KEY}], identityFile: ${PRIVATE}`, 'must not stand here'],
    ['as a field', `recipients: [${KEY}], identity: ${PRIVATE}`, 'identity: there is no such field'],
    ['as everything', `recipients: [${KEY}] }, maxAge: ${PRIVATE}, retention: { maxAge: 1d`, 'backups.maxAge'],
  ])('a private key %s is refused, and not repeated', async (_where, keys, words) => {
    const [problem = '', ...more] = await problemsOf(withBackups(`${FOLDER}, encryption: { ${keys} }`));

    expect(more).toEqual([]);
    expect(problem).toContain(words);
    expect(problem).not.toMatch(/QCN4RY/);
  });

  test.each([
    ['etcd', `${FOLDER}, encryption: { recipients: [${KEY}] }`, 'encryption: has no identityFile'],
    [
      'etcd',
      `${FOLDER}, encryption: { recipients: [${KEY}, ${KEY}], identityFile: ca.crt }`,
      'recipients[1]: stands here',
    ],
    ['etcd', `${FOLDER}, staticResources: { store: { type: file, path: .. } }`, 'is not used by platform etcd'],
    [
      'etcd',
      'store: { type: file, path: later }',
      'store.path: is no folder that this process can write to (there is no',
    ],
    ['etcd', 'store: { type: file, path: ca.crt }', 'store.path: is no folder that this process can write to'],
    ['etcd', `${FOLDER}, retention: { keepLast: 2 }`, 'retention.keepLast: keeps fewer than 3 backups'],
    [
      'etcd',
      'store: { type: s3, bucket: backups, keep: { for: 30d } }, retention: { maxAge: 7d }',
      'retention.maxAge: is shorter than keep of the store',
    ],
    ['etcd', 'store: { type: s3, bucket: backups, endpoint: "http://s3.lan" }', 'store.endpoint: is http'],
    ['kubeadm', `${FOLDER}, staticResources: { ${FOLDER} }`, 'is the same place as the other one'],
  ])('platform %s, %s: a warning', async (platform, entry, words) => {
    expect(await problemsOf(withBackups(entry, platform))).toEqual([]);
    const told = await warningsOf(withBackups(entry, platform));
    expect(told.filter((each) => !each.includes('is not used without nodeShell'))).toEqual([
      expect.stringContaining(words),
    ]);
  });

  test.each([
    ['eks', 'the provider of eks runs etcd and keeps backups of it itself'],
    ['kubeadm', 'is not used without an etcd section'],
  ])('of platform %s without etcd: a warning', async (platform, words) => {
    const yaml = withBackups(FOLDER, platform).replace(/ {4}etcd:\n(?: {6}.*\n)+/, '');

    expect(await problemsOf(yaml)).toEqual([]);
    expect(await warningsOf(yaml)).toEqual([expect.stringContaining(words)]);
  });

  test('static resources need a shell, and no snapshot comes through exec: warnings', async () => {
    const store = '{ type: file, path: .. }';
    const yaml = withBackups(`${FOLDER}, staticResources: { store: ${store} }`, 'kubeadm')
      .replace('access: direct', 'access: exec')
      .replace(/ {6}(?:endpoints|tls): .*\n/g, '');

    expect(await warningsOf(yaml)).toEqual([
      expect.stringContaining('backups: is not used with etcd.access exec'),
      expect.stringContaining('backups.staticResources: is not used without nodeShell.image'),
    ]);
  });

  test('a bot has neither identities nor credentials, and is not asked for them', async () => {
    const result = await load(
      withBackups(
        `store: { type: s3, bucket: abc, credentials: nowhere }, encryption: { recipients: [${KEY}], identityFile: nowhere }`,
      ),
      { role: 'bot' },
    );

    expect(result.ok).toBe(true);
  });
});
