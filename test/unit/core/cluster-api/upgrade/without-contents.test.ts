import { describe, expect, test } from 'vitest';
import { exportText } from '../../../../../src/core/cluster-api/upgrade/export-objects.ts';
import { withoutContents } from '../../../../../src/core/cluster-api/upgrade/without-contents.ts';
import type { JsonObject } from '../../../../../src/core/json.ts';
import { SECRET_MARK } from '../../../../../src/core/secrets.ts';

const SECRET = 'hunter2';

describe('what may hold a secret is left out, and its name stays', () => {
  test.each<[string, JsonObject, JsonObject]>([
    [
      'configuration of Ignition',
      { ignition: { containerLinuxConfig: { strict: true, additionalConfig: `passwd: ${SECRET}` } } },
      { ignition: { containerLinuxConfig: { strict: true, additionalConfig: SECRET_MARK } } },
    ],
    ['commands before', { preKubeadmCommands: [`docker login -p ${SECRET}`] }, { preKubeadmCommands: [SECRET_MARK] }],
    ['commands after', { postKubeadmCommands: ['a', SECRET] }, { postKubeadmCommands: [SECRET_MARK, SECRET_MARK] }],
    [
      'commands of the boot',
      { bootCommands: [['sh', '-c', SECRET]] },
      { bootCommands: [[SECRET_MARK, SECRET_MARK, SECRET_MARK]] },
    ],
    [
      'variables of a topology',
      { topology: { version: 'v1.31.4', variables: [{ name: 'registryPassword', value: SECRET }] } },
      { topology: { version: 'v1.31.4', variables: [{ name: 'registryPassword', value: SECRET_MARK }] } },
    ],
    [
      'a variable that is no text',
      { variables: [{ name: 'registry', value: { user: 'a', key: SECRET } }] },
      { variables: [{ name: 'registry', value: SECRET_MARK }] },
    ],
    [
      'variables of one group',
      { machineDeployments: [{ name: 'md-0', variables: { overrides: [{ name: 'x', value: SECRET }] } }] },
      { machineDeployments: [{ name: 'md-0', variables: { overrides: [{ name: 'x', value: SECRET_MARK }] } }] },
    ],
    [
      'arguments as a list',
      { apiServer: { extraArgs: [{ name: 'v', value: '4' }] } },
      { apiServer: { extraArgs: [{ name: 'v', value: SECRET_MARK }] } },
    ],
    [
      'arguments as v1beta1 has them',
      { nodeRegistration: { kubeletExtraArgs: { 'cloud-config': SECRET } } },
      { nodeRegistration: { kubeletExtraArgs: { 'cloud-config': SECRET_MARK } } },
    ],
    [
      'environments',
      { env: [{ name: 'A', value: SECRET }], etcd: { local: { extraEnvs: [{ name: 'B', value: SECRET }] } } },
      { env: [{ name: 'A', value: SECRET_MARK }], etcd: { local: { extraEnvs: [{ name: 'B', value: SECRET_MARK }] } } },
    ],
  ])('%s', (_what, object, left) => {
    expect(withoutContents(object)).toEqual(left);
  });
});

test('what tells how the object was stays', () => {
  const object: JsonObject = {
    spec: {
      replicas: 3,
      version: 'v1.31.4',
      taints: [{ key: 'a', value: 'b', effect: 'NoSchedule' }],
      variables: [],
      files: [{ path: '/etc/x', owner: 'root' }],
    },
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  };
  expect(withoutContents(object)).toEqual(object);
});

test('an export says what is left out of it', () => {
  const facts = { cluster: 'prod', at: '2026-11-22T10:00:00Z', run: 'upgrade-prod-7f3k' };
  const words = 'commands, arguments, environments, variables, passwords and tokens';
  expect(exportText([], { ...facts, isEncrypted: false })).toContain(words);
  expect(exportText([], { ...facts, isEncrypted: true })).not.toContain(words);
});
