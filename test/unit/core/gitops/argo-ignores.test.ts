import { array, assert as assertProperty, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ignoredOf, readIgnored } from '../../../../src/core/gitops/argo-ignores.ts';
import { argoFinding } from '../../../../src/core/gitops/judge-argo.ts';
import { type Json, JsonObject } from '../../../../src/core/json.ts';
import { aGroup, anApplication, applicationsSeen, TRACKED, VERSION_PATH } from '../../../support/gitops-objects.ts';

const GROUP = {
  apiVersion: 'cluster.x-k8s.io/v1beta2',
  kind: 'MachineDeployment',
  namespace: 'capi',
  name: 'capi-md-0',
};
const OF_GROUP = { group: 'cluster.x-k8s.io', kind: 'MachineDeployment' };
const REPLICAS = ['spec', 'replicas'];

describe('an entry of ignoreDifferences', () => {
  test.each<[string, Json, 'all' | 'some' | 'none']>([
    ['a pointer to the field', { ...OF_GROUP, jsonPointers: ['/spec/template/spec/version'] }, 'all'],
    ['one to what is above it', { ...OF_GROUP, jsonPointers: ['/spec/template'] }, 'all'],
    [
      'one to what is beside it',
      { ...OF_GROUP, jsonPointers: ['/spec/replicas', '/spec/template/spec/versions'] },
      'none',
    ],
    ['one to what is below it', { ...OF_GROUP, jsonPointers: ['/spec/template/spec/version/x'] }, 'none'],
    ['a plain expression of jq', { ...OF_GROUP, jqPathExpressions: ['.spec.template.spec.version'] }, 'all'],
    ['another one is not understood', { ...OF_GROUP, jqPathExpressions: ['.spec | .. '] }, 'none'],
    ['of every kind', { group: '*', kind: '*', jsonPointers: ['/spec'] }, 'all'],
    ['of another group', { group: 'apps', kind: 'MachineDeployment', jsonPointers: ['/spec'] }, 'none'],
    ['of the core group', { kind: 'MachineDeployment', jsonPointers: ['/spec'] }, 'none'],
    ['of another kind', { ...OF_GROUP, kind: 'Cluster', jsonPointers: ['/spec'] }, 'none'],
    ['of another name', { ...OF_GROUP, name: 'capi-md-1', jsonPointers: ['/spec'] }, 'none'],
    ['of another namespace', { ...OF_GROUP, namespace: 'other', jsonPointers: ['/spec'] }, 'none'],
    ['of this one', { ...OF_GROUP, name: 'capi-md-0', namespace: 'capi', jsonPointers: ['/spec'] }, 'all'],
    ['managers of fields', { ...OF_GROUP, managedFieldsManagers: ['drydock'] }, 'none'],
    ['a pointer that is none', { ...OF_GROUP, jsonPointers: ['spec', ''] }, 'none'],
    ['nothing legible', 'spec', 'none'],
  ])('%s', (_name, entry, ignored) => {
    expect(ignoredOf(readIgnored(entry), GROUP, [VERSION_PATH])).toBe(ignored);
  });

  test('some of the fields are not all', () => {
    const ignores = readIgnored({ ...OF_GROUP, jsonPointers: ['/spec/replicas'] });

    expect(ignoredOf(ignores, GROUP, [VERSION_PATH, REPLICAS])).toBe('some');
    expect(ignoredOf(ignores, GROUP, [REPLICAS])).toBe('all');
    expect(ignoredOf(ignores, GROUP, [])).toBe('none');
  });

  test('a pointer names any field', () => {
    assertProperty(
      property(array(string({ minLength: 1 }), { minLength: 1, maxLength: 4 }), (path) => {
        const pointer = path.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
        expect(ignoredOf(readIgnored({ ...OF_GROUP, jsonPointers: [pointer] }), GROUP, [path])).toBe('all');
      }),
    );
  });
});

describe('an Application that ignores the change', () => {
  const entry = { ...OF_GROUP, jsonPointers: ['/spec/template/spec/version'] };

  function judged(syncOptions: readonly string[], paths = [VERSION_PATH] as readonly (readonly string[])[]) {
    const application = anApplication();
    const spec = JsonObject.parse(application['spec']);
    const syncPolicy = { ...JsonObject.parse(spec['syncPolicy']), syncOptions };
    const seen = applicationsSeen({ ...application, spec: { ...spec, syncPolicy, ignoreDifferences: [entry] } });
    return argoFinding(aGroup(TRACKED), seen, paths);
  }

  test('and respects that in its syncs takes nothing back', () => {
    expect(judged(['CreateNamespace=true', 'RespectIgnoreDifferences=true'])).toMatchObject({
      reverts: 'by-hand',
      suspension: null,
      words: expect.stringContaining('It leaves these fields as they are'),
    });
  });

  test('and does not respect it takes it back with its next sync; whether Git has it, it cannot tell', () => {
    expect(judged([])).toMatchObject({
      reverts: 'at-next-sync',
      blind: true,
      suspension: { way: 'argo' },
      words: expect.stringContaining('RespectIgnoreDifferences=true is not among'),
    });
  });

  test('in a part only takes the rest back within seconds', () => {
    expect(judged(['RespectIgnoreDifferences=true'], [VERSION_PATH, REPLICAS])).toMatchObject({
      reverts: 'by-itself',
      blind: true,
    });
  });
});
