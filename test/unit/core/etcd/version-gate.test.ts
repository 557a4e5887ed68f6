import { assert, property, string } from 'fast-check';
import { expect, test } from 'vitest';
import { judgeVersion, minorOf, parseEtcdVersion } from '../../../../src/core/etcd/version-gate.ts';

test.each([
  ['3.4.18', 'warn', 3],
  ['3.4.19', 'warn', 2],
  ['3.4.23', 'warn', 2],
  ['3.4.34', 'warn', 2],
  ['3.4.35', 'warn', 1],
  ['3.4.37', 'warn', 1],
  ['3.4.38', 'pass', 0],
  ['3.5.0', 'block', 1],
  ['3.5.2', 'block', 1],
  ['3.5.3', 'block', 1],
  ['3.5.5', 'block', 1],
  ['3.5.6', 'warn', 2],
  ['3.5.16', 'warn', 2],
  ['3.5.17', 'warn', 1],
  ['3.5.22', 'warn', 1],
  ['3.5.23', 'pass', 0],
  ['3.6.0', 'warn', 1],
  ['3.6.4', 'warn', 1],
  ['3.6.5', 'pass', 0],
  ['3.7.1', 'pass', 0],
  ['3.3.27', 'warn', 3],
  ['2.3.8', 'warn', 3],
  ['4.0.0', 'pass', 0],
  ['', 'block', 1],
  ['unknown', 'block', 1],
] as const)('etcd %s: %s, with %i things to say', (version, verdict, texts) => {
  const finding = judgeVersion(version);

  expect(finding.verdict).toBe(verdict);
  expect(finding.texts).toHaveLength(texts);
});

test('a block names the version that repairs it', () => {
  expect(judgeVersion('3.5.1').texts[0]).toContain('3.5.3');
  expect(judgeVersion('3.5.4').texts[0]).toContain('3.5.6');
});

test('versions are read with and without prefix and suffix', () => {
  expect(parseEtcdVersion('v3.6.0-rc.1')).toEqual({ major: 3, minor: 6, patch: 0 });
  expect(parseEtcdVersion('3.5.16+git')).toEqual({ major: 3, minor: 5, patch: 16 });
  expect(parseEtcdVersion('3.5')).toBeNull();
  expect(minorOf('v3.5.16')).toBe('3.5');
  expect(minorOf('what')).toBe('what');
});

test('any text gets a judgement', () => {
  assert(
    property(string(), (text) => {
      expect(['pass', 'warn', 'block']).toContain(judgeVersion(text).verdict);
    }),
  );
});
