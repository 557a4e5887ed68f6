import { assert as assertProperty, dictionary, letrec, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { patchFile, shownCommand } from '../../../../src/core/gitops/patch-file.ts';
import { throughTopology } from '../../../../src/core/gitops/topology-patch.ts';
import { toYaml } from '../../../../src/core/gitops/yaml.ts';
import type { Json } from '../../../../src/core/json.ts';
import { keptFiles } from '../../../../src/core/plan-file.ts';

const REF = { apiVersion: 'cluster.x-k8s.io/v1beta2', kind: 'MachineDeployment', namespace: 'capi', name: 'capi-md-0' };
const FINDING = {
  object: 'MachineDeployment capi/capi-md-0',
  who: 'Argo CD, Application argocd/clusters',
  reverts: 'by-itself',
  words: 'It takes changes back',
  source: 'https://git.example.com/x.git, path clusters',
  place: 'manifest',
  suspension: null,
  stays: '',
} as const;
const ORDER = { cluster: 'management', ref: REF, makes: [], besides: [], before: [], findings: [FINDING] } as const;
const MERGE = { spec: { template: { spec: { version: 'v1.31.4' } } } };
const TEMPLATE = {
  apiVersion: 'infrastructure.cluster.x-k8s.io/v1beta2',
  kind: 'DevMachineTemplate',
  metadata: { name: 'md-0-2', namespace: 'capi', labels: { a: 'b' } },
  spec: { template: { spec: { image: 'kindest/node:v1.31.4', mounts: [{ containerPath: '/x' }] } } },
};
const PATH = ['spec', 'template', 'spec', 'version'];

describe('the patch of an object for Git', () => {
  test('says who keeps it, what changes, and is YAML that kustomize takes and a command', () => {
    const before = [{ path: PATH, value: 'v1.30.6' }];
    const file = patchFile({ ...ORDER, merge: MERGE, before });

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

  test('a new template comes first, whole; then the patch that names it, with the order said', () => {
    const merge = { spec: { template: { spec: { infrastructureRef: { name: 'md-0-2' }, version: 'v1.31.4' } } } };
    const file = patchFile({ ...ORDER, merge, makes: [TEMPLATE] });

    expect(file.title).toBe(
      'the patch of MachineDeployment capi/capi-md-0 for Git, with the new DevMachineTemplate md-0-2',
    );
    expect(parseAllDocuments(file.text).map((each) => each.toJS())).toEqual([
      TEMPLATE,
      { apiVersion: REF.apiVersion, kind: REF.kind, metadata: { name: REF.name, namespace: 'capi' }, ...merge },
    ]);
    expect(file.text).toContain(`# In Git, in this order:
# 1. DevMachineTemplate md-0-2 is new: commit the first document as a manifest of its own (of a kustomization: a file under "resources").
# 2. The second document is a patch: put its fields into the manifest of MachineDeployment capi-md-0 (of a kustomization: a file under "patches").
# Both in one commit, or the first one earlier: without that template no machine can be made.
`);
    expect(file.text).toContain('create the first document (kubectl create -f), then\n#   kubectl -n capi patch');
  });

  test('a template with what looks like a secret is not in the file, and that is said', () => {
    const makes = [{ ...TEMPLATE, spec: { template: { spec: { password: 'hunter2hunter2' } } } }];
    const { text } = patchFile({ ...ORDER, merge: MERGE, makes });

    expect(text).not.toContain('hunter2');
    expect(text).toContain('# DevMachineTemplate md-0-2 belongs here. It is left out');
    expect(text).not.toContain('redacted');
    expect(keptFiles([{ name: 'a', title: 'a', text }]).files).toHaveLength(1);
  });

  test('a patch with what looks like a secret is not in the file, nor its command; its fields are named', () => {
    const merge = { spec: { files: { password: 'hunter2hunter2' }, version: 'v1.31.4' } };
    const before = [
      { path: ['spec', 'version'], value: 'v1.30.6' },
      { path: ['spec', 'files', 'password'], value: 'swordfish1' },
    ];
    const { text } = patchFile({ ...ORDER, merge, before });

    expect(text).not.toMatch(/hunter2|swordfish|kubectl|redacted/);
    expect(text).toContain(
      '# The patch is left out, because something in it looks like a secret. Make the change of these fields by hand: spec.version, spec.files.password.',
    );
    expect(parse(text)).toBeNull();
    expect(shownCommand(REF, merge)).toBeNull();
    expect(keptFiles([{ name: 'a', title: 'a', text }]).files).toHaveLength(1);
  });

  test('what looks like a secret in a comment is cut there, and the patch is whole', () => {
    const source = 'https://robot:hunter2@git.example.com/x.git, path clusters';
    const { text } = patchFile({ ...ORDER, merge: MERGE, findings: [{ ...FINDING, source }] });

    expect(text).toContain('(https://[redacted]@git.example.com/x.git, path clusters)');
    expect(parse(text)).toMatchObject(MERGE);
  });

  test('a template that is there already has to be in Git too', () => {
    const merge = { spec: { machineTemplate: { infrastructureRef: { name: 'x-2' } }, version: 'v1.31.4' } };

    expect(patchFile({ ...ORDER, merge }).text).toContain('# The template that it names is in the cluster already');
  });

  test('what a chart renders is changed in the values of its release, and is no manifest', () => {
    const helm = { ...FINDING, who: 'Helm, release clusters', place: 'chart' } as const;
    const { text } = patchFile({ ...ORDER, merge: MERGE, makes: [TEMPLATE], findings: [helm] });

    expect(text).toContain(
      '# A chart of Helm renders the object (Helm, release clusters). Nothing of this file is committed',
    );
    expect(text).toContain('what the chart has to render: first DevMachineTemplate md-0-2');
    expect(text).not.toContain('kustomization');
  });

  test('who else keeps it is named beside the manifest', () => {
    const other = { ...FINDING, who: 'Terraform', place: 'elsewhere' } as const;
    const { text } = patchFile({ ...ORDER, merge: MERGE, findings: [FINDING, other] });

    expect(text).toContain('# In Git: put these fields');
    expect(text).toContain('# The same has to be put where Terraform has it.');
  });

  test('what a topology makes is changed in the topology of its Cluster', () => {
    const finding = { ...FINDING, who: 'the topology controller of Cluster API', place: 'topology' } as const;
    const order = {
      ...ORDER,
      merge: MERGE,
      makes: [TEMPLATE],
      before: [{ path: PATH, value: 'v1.30.6' }],
      findings: [finding],
    };
    const metadata = {
      name: REF.name,
      uid: 'u',
      resourceVersion: '1',
      labels: { 'cluster.x-k8s.io/cluster-name': 'capi' },
    };
    const { name, text } = patchFile(throughTopology(order, { ...REF, metadata }));

    expect(name).toBe('Cluster-capi-capi.patch.yaml');
    expect(parse(text)).toEqual({
      apiVersion: 'cluster.x-k8s.io/v1beta2',
      kind: 'Cluster',
      metadata: { name: 'capi', namespace: 'capi' },
      spec: { topology: { version: 'v1.31.4' } },
    });
    expect(text).toContain('its version is changed there, and nowhere else');
    expect(throughTopology({ ...order, findings: [FINDING] }, { ...REF, metadata }).ref).toEqual(REF);
    expect(
      throughTopology(order, { ...REF, metadata: { name: REF.name, uid: 'u', resourceVersion: '1' } }).ref,
    ).toEqual(REF);
  });

  test('nothing of outside leaves its comment, or its quotes', () => {
    const who = 'Helm, release x\nspec: {hacked: true}\r\u2028- y';
    const merge = { spec: { version: "v1'; rm -rf /" } };
    const before = [{ path: ['spec', 'version'], value: 'a\nkind: Pod' }];
    const { text } = patchFile({
      ...ORDER,
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
