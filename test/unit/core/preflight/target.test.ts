import { assert, boolean, integer, property, string, tuple } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exactVersion, isSameVersion, parseMinor } from '../../../../src/core/kubernetes/version.ts';
import { judgeTarget, type TargetOrder, targetCheck } from '../../../../src/core/preflight/target.ts';

function controlPlane(from: string | null, to: string): TargetOrder {
  return { kind: 'control-plane', name: 'the control plane', from, to, controlPlane: null };
}

function group(from: string | null, to: string, server: string | null): TargetOrder {
  return { kind: 'node-group', name: 'nodegroup/md-0', from, to, controlPlane: server };
}

describe('a version that people type', () => {
  test.each([
    ['v1.31.4', 'v1.31.4'],
    ['1.31.4', 'v1.31.4'],
    ['v1.31.4+rke2r1', 'v1.31.4+rke2r1'],
    ['1.31.4-eks-a1b2c3', 'v1.31.4-eks-a1b2c3'],
  ])('%s is %s', (typed, version) => {
    expect(exactVersion(typed)).toEqual({ ok: true, version });
  });

  test.each([
    ['1.31', '1.31 names a minor version; write the whole version, for instance v1.31.4'],
    ['v1.31', 'v1.31 names a minor version; write the whole version, for instance v1.31.4'],
    ['latest', 'latest is no version of Kubernetes; write it whole, for instance v1.31.4'],
    ['', ' is no version of Kubernetes; write it whole, for instance v1.31.4'],
    ['v1.31.04', 'v1.31.04 is no version of Kubernetes; write it whole, for instance v1.31.4'],
    ['v01.31.4', 'v01.31.4 is no version of Kubernetes; write it whole, for instance v1.31.4'],
    ['v1.31.4; rm -rf /', 'v1.31.4; rm -rf / is no version of Kubernetes; write it whole, for instance v1.31.4'],
    ['v1.32.0-rc.1', 'v1.32.0-rc.1 is a pre-release; write a released version, for instance v1.32.0'],
  ])('%s is refused', (typed, why) => {
    expect(exactVersion(typed)).toEqual({ ok: false, why });
  });

  test('a long text is told in part', () => {
    expect(exactVersion('9'.repeat(500))).toEqual({
      ok: false,
      why: `${'9'.repeat(40)}… is no version of Kubernetes; write it whole, for instance v1.31.4`,
    });
  });

  test('any text has an answer, and what is accepted is itself', () => {
    assert(
      property(string({ maxLength: 60 }), (text) => {
        const answer = exactVersion(text);
        const again = answer.ok ? exactVersion(answer.version) : answer;
        expect(again).toEqual(answer);
      }),
    );
  });

  test('a minor version, and the same release', () => {
    expect(parseMinor('1.25')).toEqual({ major: 1, minor: 25 });
    expect(parseMinor('v1.25.0')).toEqual({ major: 1, minor: 25 });
    expect(parseMinor('')).toBeNull();
    expect(isSameVersion('1.31.4', 'v1.31.4')).toBe(true);
    expect(isSameVersion('v1.31.4+rke2r1', 'v1.31.4+rke2r2')).toBe(false);
  });
});

describe('a target', () => {
  test.each<[TargetOrder, string]>([
    [controlPlane('v1.30.6', 'v1.31.4'), 'the control plane goes from v1.30.6 to v1.31.4, the next minor version'],
    [
      controlPlane('v1.30.6', '1.30.7'),
      'the control plane goes from v1.30.6 to v1.30.7, a patch of the same minor version',
    ],
    [group('v1.30.6', 'v1.31.4', 'v1.31.4'), 'nodegroup/md-0 goes from v1.30.6 to v1.31.4, the next minor version'],
    [group('v1.29.1', 'v1.31.4', 'v1.31.9'), 'nodegroup/md-0 goes from v1.29.1 to v1.31.4, 2 minor versions further'],
  ])('goes: %j', (order, words) => {
    expect(judgeTarget(order)).toMatchObject({ kind: 'go', words });
  });

  test.each<[TargetOrder, string]>([
    [
      controlPlane('v1.30.6', 'v1.32.0'),
      'the control plane is at v1.30.6, and v1.32.0 is 2 minor versions further: go one at a time, first to a version of 1.31, for instance v1.31.0',
    ],
    [
      controlPlane('v1.30.6', 'v1.29.9'),
      'the control plane is at v1.30.6, and v1.29.9 is older: nothing is taken back by an upgrade',
    ],
    [
      controlPlane('v1.30.6', 'v1.30.5'),
      'the control plane is at v1.30.6, and v1.30.5 is older: nothing is taken back by an upgrade',
    ],
    [
      controlPlane('v1.30.6', 'v2.0.0'),
      'the control plane is at v1.30.6; v2.0.0 is another major version, and no release of Kubernetes is known by it',
    ],
    [
      controlPlane(null, 'v1.31.4'),
      'it cannot be told which version the control plane has, so not whether v1.31.4 is the next one',
    ],
    [controlPlane('newest', 'v1.31.4'), 'the control plane says it is at newest, which is no version of Kubernetes'],
    [
      group('v1.30.6', 'v1.31.4', 'v1.30.6'),
      'the control plane is at v1.30.6, and nodegroup/md-0 must not be above it: upgrade the control plane to v1.31.4 first',
    ],
    [
      group('v1.30.6', 'v1.31.4', 'v1.31.3'),
      'the control plane is at v1.31.3, and nodegroup/md-0 must not be above it: upgrade the control plane to v1.31.4 first',
    ],
    [
      group('v1.30.6', 'v1.31.4', null),
      'it cannot be told which version the control plane has, so not whether nodegroup/md-0 may go to v1.31.4',
    ],
    [group('v1.30.6', '1.31', 'v1.31.4'), '1.31 names a minor version; write the whole version, for instance v1.31.4'],
  ])('is refused: %j', (order, words) => {
    expect(judgeTarget(order)).toEqual({ kind: 'refused', words });
    expect(targetCheck(judgeTarget(order))).toMatchObject({ id: 'target-version', verdict: 'block', evidence: words });
  });

  test('the same version is told as such, however it is written', () => {
    expect(judgeTarget(controlPlane('v1.31.4', '1.31.4'))).toEqual({
      kind: 'same',
      version: 'v1.31.4',
      words: 'the control plane is at v1.31.4 already',
    });
  });

  test('what goes is newer, at most one minor for a control plane, and never above it for a group', () => {
    const number = integer({ min: 0, max: 4 });
    const version = tuple(integer({ min: 28, max: 33 }), number);
    assert(
      property(version, version, version, boolean(), (from, to, server, isGroup) => {
        const texts = [from, to, server].map(([minor, patch]) => `v1.${minor}.${patch}`);
        const [a = '', b = '', c = ''] = texts;
        const judged = judgeTarget(isGroup ? group(a, b, c) : controlPlane(a, b));
        const newer = to[0] > from[0] || (to[0] === from[0] && to[1] > from[1]);
        const above = to[0] > server[0] || (to[0] === server[0] && to[1] > server[1]);
        expect(judged.kind === 'go').toBe(newer && (isGroup ? !above : to[0] - from[0] <= 1));
        expect(judged.kind === 'same').toBe(a === b);
      }),
    );
  });
});
