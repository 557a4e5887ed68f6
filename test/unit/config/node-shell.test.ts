import { describe, expect, test } from 'vitest';
import { profilesOf } from '../../../src/config/to-core.ts';
import { GOOD, load, problemsOf, warningsOf } from './support.ts';

const BACKUPS = 'backups: { store: { type: file, path: . } }';
const DIGEST = `sha256:${'0a'.repeat(32)}`;

/** A configuration whose cluster has this image, and these lines. */
function withShell(image: string, platform = 'kubeadm', more = BACKUPS): string {
  const yaml = GOOD.replace('    channels', `    nodeShell: { image: ${image} }\n    ${more}\n    channels`);
  return yaml.replace('platform: etcd', `platform: ${platform}`);
}

describe('the image of shells on nodes', () => {
  test('left out: none are opened', async () => {
    const result = await load(GOOD);

    expect(result.ok && profilesOf(result.config)[0]?.nodeShell).toBeNull();
  });

  test.each([
    'busybox',
    'busybox:1.37',
    'registry.example.com:5000/tools/busybox:1.37',
    `quay.io/a/b_c@${DIGEST}`,
    `quay.io/a/b:1@${DIGEST}`,
  ])('%s reaches the runbooks as it is written', async (image) => {
    for (const platform of ['kubeadm', 'openshift']) {
      const result = await load(withShell(`"${image}"`, platform));

      expect(result.ok && profilesOf(result.config)[0]?.nodeShell).toEqual({ image });
    }
  });

  test.each([
    '""',
    '"-x"',
    '"busybox 1.37"',
    '"Busybox"',
    '"busybox@sha256:12"',
    '"https://quay.io/busybox"',
    '[a]',
    '"a\\nb"',
  ])('%s is refused in words', async (image) => {
    expect(await problemsOf(withShell(image))).toEqual([
      expect.stringMatching(/^drydock\.yaml:\d+: clusters\.prod\.nodeShell\.image: expected the name of an image/),
    ]);
  });

  test('no image, and a field that is none', async () => {
    expect(await problemsOf(GOOD.replace('    channels', '    nodeShell: {}\n    channels'))).toHaveLength(1);
    expect(await problemsOf(withShell('busybox, pod: x'))).toEqual([expect.stringContaining('nodeShell.pod')]);
  });

  test.each([
    ['etcd', BACKUPS, 'is not used by platform etcd: shells are opened on kubeadm and OpenShift only'],
    ['cluster-api', BACKUPS, 'is not used by platform cluster-api'],
  ])('platform %s with %s: a warning', async (platform, more, words) => {
    expect(await problemsOf(withShell('busybox', platform, more))).toEqual([]);
    const told = await warningsOf(withShell('busybox', platform, more));
    expect(told.filter((each) => each.includes('nodeShell'))).toEqual([expect.stringContaining(words)]);
  });

  test('without backups it is used all the same: a member may be replaced', async () => {
    expect((await warningsOf(withShell('busybox', 'kubeadm', 'context: prod'))).join()).not.toContain('nodeShell');
  });

  test('with an image, settings of static resources are used', async () => {
    const elsewhere =
      'backups: { store: { type: file, path: . }, staticResources: { store: { type: file, path: .. } } }';

    expect((await warningsOf(withShell('busybox', 'kubeadm', elsewhere))).join()).not.toContain('staticResources');
    expect((await warningsOf(withShell('busybox', 'eks-anywhere', elsewhere))).join()).toContain(
      'staticResources: is not used by platform eks-anywhere',
    );
  });
});
