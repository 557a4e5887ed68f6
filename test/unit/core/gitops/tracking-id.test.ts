import { assert as assertProperty, constantFrom, property, string, tuple } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isOfObject, parseTrackingId } from '../../../../src/core/gitops/tracking-id.ts';

describe('a tracking id of Argo CD', () => {
  test.each([
    '',
    'app',
    'app:cluster.x-k8s.io/MachineDeployment',
    'app:MachineDeployment:capi/md-0',
    'app:cluster.x-k8s.io/MachineDeployment:md-0',
    ':cluster.x-k8s.io/MachineDeployment:capi/md-0',
    'app:cluster.x-k8s.io/:capi/md-0',
    'app:cluster.x-k8s.io/MachineDeployment:capi/',
  ])('%j is none', (text) => {
    expect(parseTrackingId(text)).toBeNull();
  });

  test('of the core group, of an object without a namespace, and of a name with colons', () => {
    expect(parseTrackingId('app:/ConfigMap:web/x')).toMatchObject({ group: '', kind: 'ConfigMap' });
    expect(parseTrackingId('ns_app:rbac.authorization.k8s.io/ClusterRole:/system:node/x')).toEqual({
      application: 'ns_app',
      group: 'rbac.authorization.k8s.io',
      kind: 'ClusterRole',
      namespace: '',
      name: 'system:node/x',
    });
  });

  const word = string({ minLength: 1, maxLength: 12 }).filter((text) => !/[:/]/.test(text));

  test('what was written is read, whatever the names', () => {
    assertProperty(
      property(
        tuple(word, constantFrom('', 'a.b'), word, constantFrom('', 'ns'), string({ minLength: 1 })),
        (parts) => {
          const [application, group, kind, namespace, name] = parts;
          expect(parseTrackingId(`${application}:${group}/${kind}:${namespace}/${name}`)).toEqual({
            application,
            group,
            kind,
            namespace,
            name,
          });
        },
      ),
    );
  });

  test('any text is read or refused, and what is read writes the same text again', () => {
    const text = string({ unit: constantFrom('a', 'B', ':', '/', '_', '') });
    assertProperty(
      property(text, (said) => {
        const id = parseTrackingId(said);
        const again = id === null ? null : `${id.application}:${id.group}/${id.kind}:${id.namespace}/${id.name}`;
        expect(again ?? said).toBe(said);
      }),
    );
  });

  test('only of the object that it names: one that came with a copy says nothing of the copy', () => {
    const metadata = { name: 'md-0', namespace: 'capi', uid: 'u', resourceVersion: '1' };
    const object = { apiVersion: 'cluster.x-k8s.io/v1beta2', kind: 'MachineDeployment', metadata };
    const of = (text: string): boolean => {
      const id = parseTrackingId(text);
      return id !== null && isOfObject(id, object);
    };

    expect(of('app:cluster.x-k8s.io/MachineDeployment:capi/md-0')).toBe(true);
    expect(of('app:cluster.x-k8s.io/MachineDeployment:capi/md-1')).toBe(false);
    expect(of('app:cluster.x-k8s.io/MachineDeployment:other/md-0')).toBe(false);
    expect(of('app:cluster.x-k8s.io/MachineSet:capi/md-0')).toBe(false);
    expect(of('app:apps/MachineDeployment:capi/md-0')).toBe(false);
  });
});
