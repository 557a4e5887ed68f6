import { anything, array, assert as assertProperty, constantFrom, jsonValue, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { checkClusters, namedFiles } from '../../../src/config/check-clusters.ts';
import { checkOwnNames } from '../../../src/config/check-names.ts';
import { checkPolicy } from '../../../src/config/check-policy.ts';
import { createFindings } from '../../../src/config/findings.ts';
import { readableParts } from '../../../src/config/readable-parts.ts';
import { ConfigFile } from '../../../src/config/schema.ts';
import { schemaProblems } from '../../../src/config/schema-problems.ts';
import { parseYamlSource } from '../../../src/config/yaml-source.ts';
import { COMMANDS, GOOD, problemsOf, warningsOf } from './support.ts';

const WORDS =
  'version: 1|clusters:|  prod:|    platform: etcd|&a|*a|[|]|{|}|- x|"|\'|# c|!!map|<<: *a|? k|: |\t|---|...'.split(
    '|',
  );

describe('any text', () => {
  test('parses into data or problems with lines, never throws, and every path has a line', () => {
    const text = array(constantFrom(...WORDS)).map((parts) => parts.join('\n'));
    assertProperty(
      property(text, array(string()), (yaml, path) => {
        const source = parseYamlSource('f', yaml);

        expect(source.problems.every((problem) => problem.line === null || problem.line >= 1)).toBe(true);
        expect(source.lineOf(path)).toBeGreaterThanOrEqual(1);
      }),
    );
  });

  test('of one character less or more than a good file leads to an answer', () => {
    for (let cut = 0; cut < GOOD.length; cut += 7) {
      const yaml = GOOD.slice(0, cut) + GOOD.slice(cut + 1);
      const source = parseYamlSource('f', yaml);
      const parsed = ConfigFile.safeParse(source.data);

      expect(parsed.success || source.problems.length + schemaProblems(source, parsed.error.issues).length > 0).toBe(
        true,
      );
    }
  });
});

describe('any data', () => {
  test('is checked without a throw', () => {
    assertProperty(
      property(jsonValue(), anything(), (clusters, other) => {
        const source = parseYamlSource('f', stringify({ version: 1, clusters }));
        const findings = createFindings(source);
        for (const data of [source.data, { clusters, roles: other, policy: other, defaults: other }, other]) {
          const parts = readableParts(data);
          checkOwnNames(parts, findings);
          checkClusters(parts, findings);
          checkPolicy(parts, COMMANDS, findings);

          expect(namedFiles(parts).every((each) => each.file !== '')).toBe(true);
        }
      }),
    );
  });
});

describe('further cross-checks', () => {
  test.each([
    [
      'a bare ring without etcd',
      GOOD.replace(/ {4}etcd:\n(?: {6}.*\n)+/, ''),
      'platform etcd needs an etcd section with access: direct',
    ],
    [
      'a secret for direct access',
      GOOD.replace('{ ca: ca.crt, cert: client.crt, key: client.key }', '{ secret: a/b }'),
      'reading certificates from a Kubernetes Secret is not built yet',
    ],
    [
      'too many by default',
      `${GOOD}defaults: { approvals: { required: 3 } }\n`,
      '3 approvals from approver, which has 2 people',
    ],
    [
      'an unknown store',
      GOOD.replace('    channels', '    backups: { store: { type: ftp } }\n    channels'),
      'expected { type: file, path } or { type: s3, bucket, … }; found "ftp"',
    ],
    ['an alias to nothing', GOOD.replace('[U0OPERATOR]', '*nobody'), 'an alias points to nothing'],
  ])('%s', async (_name, yaml, words) => {
    expect(await problemsOf(yaml)).toEqual([expect.stringContaining(words)]);
  });

  test.each([
    [
      'management',
      'management: { namespace: x }',
      'is not used by platform etcd, only by cluster-api and eks-anywhere',
    ],
    ['aws', 'aws: { region: a, cluster: b }', 'is not used by platform etcd, only by eks'],
    ['context', 'context: x', 'is not used by platform etcd'],
  ])('%s without effect is warned of', async (_name, field, words) => {
    expect(await warningsOf(GOOD.replace('    channels', `    ${field}\n    channels`))).toEqual([
      expect.stringContaining(words),
    ]);
  });

  test('settings that are not used, a role of nobody and a person listed twice are warned of', async () => {
    const yaml = GOOD.replace('platform: etcd', 'platform: kubeadm')
      .replace('access: direct', 'access: exec')
      .replace('[U0OPERATOR]', '[]')
      .replace('[U0APPROVER1, U0APPROVER2]', '[U0APPROVER1, U0APPROVER1]');

    expect(await warningsOf(yaml)).toEqual([
      expect.stringContaining('are used by access direct only'),
      expect.stringContaining('is not used by access exec'),
      expect.stringContaining('nobody has this role'),
      expect.stringContaining('is listed twice; found U0APPROVER1'),
    ]);
  });
});
