import { assert as assertProperty, dictionary, letrec, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { patchFile } from '../../../../src/core/gitops/patch-file.ts';
import { toYaml } from '../../../../src/core/gitops/yaml.ts';
import type { Json } from '../../../../src/core/json.ts';

const REF = { apiVersion: 'cluster.x-k8s.io/v1beta2', kind: 'MachineDeployment', namespace: 'capi', name: 'capi-md-0' };
const FINDING = {
  object: 'MachineDeployment capi/capi-md-0',
  who: 'Argo CD, Application argocd/clusters',
  reverts: 'by-itself',
  words: 'It takes changes back',
  source: 'https://git.example.com/x.git, path clusters',
  suspension: null,
  stays: '',
} as const;
const MERGE = { spec: { template: { spec: { version: 'v1.31.4' } } } };
const PATH = ['spec', 'template', 'spec', 'version'];

describe('the patch of an object for Git', () => {
  test('says who keeps it, what changes, and is YAML that kustomize takes and a command', () => {
    const before = [{ path: PATH, value: 'v1.30.6' }];
    const file = patchFile({ cluster: 'management', ref: REF, merge: MERGE, before, findings: [FINDING] });

    expect(file.name).toBe('MachineDeployment-capi-capi-md-0.patch.yaml');
    expect(file.text).toBe(`# MachineDeployment capi/capi-md-0, in the management cluster.
# spec.template.spec.version: v1.30.6 becomes v1.31.4
# Kept by Argo CD, Application argocd/clusters (https://git.example.com/x.git, path clusters).
#
# In Git: put these fields into the manifest of the object, or list this file under "patches" of its kustomization.
# The same by hand, for as long as nobody takes it back:
#   kubectl -n capi patch machinedeployment.cluster.x-k8s.io capi-md-0 --type merge -p '{"spec":{"template":{"spec":{"version":"v1.31.4"}}}}'
apiVersion: cluster.x-k8s.io/v1beta2
kind: MachineDeployment
metadata:
  name: capi-md-0
  namespace: capi
spec:
  template:
    spec:
      version: v1.31.4
`);
  });

  test('a template that the patch names has to be in Git too', () => {
    const merge = { spec: { machineTemplate: { infrastructureRef: { name: 'x-2' } }, version: 'v1.31.4' } };
    const { text } = patchFile({ cluster: 'management', ref: REF, merge, before: [], findings: [] });

    expect(text).toContain('# The template that it names has to be in Git too');
  });

  test('nothing of outside leaves its comment, or its quotes', () => {
    const who = 'Helm, release x\nspec: {hacked: true}\r\u2028- y';
    const merge = { spec: { version: "v1'; rm -rf /" } };
    const before = [{ path: ['spec', 'version'], value: 'a\nkind: Pod' }];
    const { text } = patchFile({
      cluster: 'workload',
      ref: { ...REF, namespace: null, name: 'a/../b' },
      merge,
      before,
      findings: [{ ...FINDING, who }],
    });

    expect(parse(text)).toEqual({ apiVersion: REF.apiVersion, kind: REF.kind, metadata: { name: 'a/../b' }, ...merge });
    expect(text).toContain(`-p '{"spec":{"version":"v1'\\''; rm -rf /"}}'`);
  });
});

test('whatever is written is read as the same', () => {
  const { value } = letrec((tie) => ({
    value: tie('object'),
    object: dictionary(string({ unit: 'grapheme-ascii' }), tie('leaf'), { maxKeys: 4, noNullPrototype: true }),
    leaf: string({ unit: 'grapheme' }),
  }));
  assertProperty(
    property(value, (object) => {
      const plain: { readonly [name: string]: Json } = JSON.parse(JSON.stringify(object));
      expect(parse(toYaml({ a: plain, b: [plain, 'yes', 1, null, []], c: {}, d: [] }))).toEqual({
        a: plain,
        b: [plain, 'yes', 1, null, []],
        c: {},
        d: [],
      });
    }),
    { numRuns: 60 },
  );
});

test.each([
  'yes',
  'No',
  'null',
  '~',
  '1.31',
  '0x1f',
  '1_000',
  '2026-11-22',
  '',
  ' a',
  'a: b',
  '- a',
  '#a',
  'v1.31.4',
  '.inf',
])('%j stays text', (text) => {
  expect(parse(toYaml({ spec: text, [text]: 1 }))).toEqual({ spec: text, [text]: 1 });
});
