import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startProcess } from '../../../../playground/processes.ts';
import { waitFor } from '../../../../playground/waiting.ts';
import { type ApiScene, startApiScene } from '../../../support/api-scene.ts';
import { KUBECTL } from '../../../support/cluster-pods.ts';

let scene: ApiScene;
beforeAll(async () => {
  scene = await startApiScene();
  await writeFile(at('kubeconfig'), JSON.stringify(await kubeconfig()));
});
afterAll(() => scene.stop());

function at(name: string): string {
  return join(scene.ring.directory, name);
}

async function kubeconfig(): Promise<object> {
  const [ca, cert, key] = await Promise.all(
    [scene.admin.ca, scene.admin.cert, scene.admin.key].map((path) => readFile(path, 'base64')),
  );
  const cluster = { server: scene.server().url, 'certificate-authority-data': ca };
  const user = { 'client-certificate-data': cert, 'client-key-data': key };
  return {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'scene',
    contexts: [{ name: 'scene', context: { cluster: 'scene', user: 'scene' } }],
    clusters: [{ name: 'scene', cluster }],
    users: [{ name: 'scene', user }],
  };
}

function start(args: readonly string[]): ReturnType<typeof startProcess> {
  return startProcess({
    name: 'kubectl',
    command: KUBECTL,
    args: [`--cache-dir=${at('kubectl-cache')}`, ...args],
    env: { ...process.env, KUBECONFIG: at('kubeconfig') },
  });
}

/** Output of kubectl; fails the test when it does not end well. */
async function kubectl(...args: readonly string[]): Promise<string> {
  const running = await start(args);
  const { code } = await running.ended;
  expect(code, `kubectl ${args.join(' ')}: ${running.output()}`).toBe(0);
  return running.output();
}

/** Output of kubectl that is to fail. */
async function refused(...args: readonly string[]): Promise<string> {
  const running = await start(args);
  const { code } = await running.ended;
  expect(code, running.output()).not.toBe(0);
  return running.output();
}

async function manifest(name: string, object: object): Promise<string> {
  await writeFile(at(name), JSON.stringify(object));
  return at(name);
}

function deployment(name: string, image: string): object {
  const labels = { app: name };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'app', image }] } };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, labels },
    spec: { replicas: 2, selector: { matchLabels: labels }, template },
  };
}

test('kubectl apply creates, changes only what differs, and says so', async () => {
  const first = await manifest('web.json', deployment('web', 'image:1'));
  expect(await kubectl('apply', '-f', first)).toBe('deployment.apps/web created');
  expect(await kubectl('apply', '-f', first)).toBe('deployment.apps/web unchanged');
  const second = await manifest('web.json', deployment('web', 'image:2'));
  expect(await refused('diff', '-f', second)).toMatch(/^\+ +- image: image:2$/m);
  expect(await kubectl('apply', '-f', second)).toBe('deployment.apps/web configured');

  expect(await kubectl('get', 'deployment', 'web', '-o', 'jsonpath={.spec.template.spec.containers[0].image}')).toBe(
    'image:2',
  );
  expect(await kubectl('get', 'deployment', 'web', '-o', 'jsonpath={.metadata.generation}')).toBe('2');
});

test('kubectl apply --server-side meets the conflict with another manager, and takes over when told to', async () => {
  const file = await manifest('shared.json', deployment('shared', 'image:1'));
  await kubectl('apply', '--server-side', '--field-manager=one', '-f', file);
  await kubectl('set', 'image', 'deployment/shared', 'app=image:9', '--field-manager=other');
  const conflict = await refused('apply', '--server-side', '--field-manager=one', '-f', file);
  const forced = await kubectl('apply', '--server-side', '--force-conflicts', '--field-manager=one', '-f', file);

  expect(conflict).toContain('conflict with "other"');
  expect(conflict).toContain('.spec.template.spec.containers[name="app"].image');
  expect(forced).toBe('deployment.apps/shared serverside-applied');
});

test('kubectl refuses a misspelt field, because the server says that it checks fields', async () => {
  const wrong = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'wrong' }, dta: { a: 'b' } };
  const said = await refused('apply', '-f', await manifest('wrong.json', wrong));

  expect(said).toContain('strict decoding error: unknown field "dta"');
});

test('kubectl patch, label, annotate and scale change what they say', async () => {
  await kubectl('apply', '-f', await manifest('changed.json', deployment('changed', 'image:1')));
  await kubectl(
    'patch',
    'deployment',
    'changed',
    '-p',
    '{"spec":{"template":{"spec":{"containers":[{"name":"app","env":[{"name":"A","value":"1"}]}]}}}}',
  );
  await kubectl('patch', 'deployment', 'changed', '--type=merge', '-p', '{"spec":{"paused":true}}');
  await kubectl('patch', 'deployment', 'changed', '--type=json', '-p', '[{"op":"remove","path":"/spec/paused"}]');
  await kubectl('label', 'deployment', 'changed', 'a=b');
  await kubectl('annotate', 'deployment', 'changed', 'c=d');
  await kubectl('scale', 'deployment', 'changed', '--replicas=7', '--current-replicas=2');
  const failed = await refused('scale', 'deployment', 'changed', '--replicas=9', '--current-replicas=2');
  const path =
    '{.spec.template.spec.containers[0].image} {.spec.template.spec.containers[0].env[0].name} {.spec.paused} {.metadata.labels.a} {.metadata.annotations.c} {.spec.replicas}';

  expect(await kubectl('get', 'deployment', 'changed', '-o', `jsonpath=${path}`)).toBe('image:1 A  b d 7');
  expect(failed).toContain('Expected replicas to be 2, was 7');
});

test('kubectl get -w shows every change, and wait ends when its condition comes', async () => {
  await kubectl('create', 'configmap', 'watched', '--from-literal=a=1');
  const watching = await start(['get', 'configmap', 'watched', '-w', '--no-headers']);
  await waitFor('the first line', () => watching.output().includes('watched   1'));
  const waiting = await start(['wait', 'configmap/watched', '--for=jsonpath={.data.c}=3', '--timeout=20s']);
  await kubectl('patch', 'configmap', 'watched', '--type=merge', '-p', '{"data":{"b":"2"}}');
  await kubectl('patch', 'configmap', 'watched', '--type=merge', '-p', '{"data":{"c":"3"}}');
  const waited = await waiting.ended;
  await kubectl('delete', 'configmap', 'watched');
  await waitFor('all lines', () => watching.output().split('\n').length === 4);
  await watching.stop();

  expect(waited.code).toBe(0);
  expect(
    watching
      .output()
      .split('\n')
      .map((line) => line.split(/ +/)[1]),
  ).toEqual(['1', '2', '3', '3']);
});

test('kubectl works with a custom kind from its definition to its end', async () => {
  const schema = {
    type: 'object',
    properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } },
  };
  const version = {
    name: 'v1',
    served: true,
    storage: true,
    schema: { openAPIV3Schema: schema },
    additionalPrinterColumns: [{ name: 'Size', type: 'integer', jsonPath: '.spec.size' }],
  };
  const definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'gears.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'gears', singular: 'gear', kind: 'Gear', shortNames: ['gr'] },
      versions: [version],
    },
  };
  await kubectl('apply', '-f', await manifest('definition.json', definition));
  await kubectl('wait', 'crd/gears.example.com', '--for=condition=Established', '--timeout=20s');
  const gear = { apiVersion: 'example.com/v1', kind: 'Gear', metadata: { name: 'one' }, spec: { size: 3 } };
  await kubectl('apply', '-f', await manifest('gear.json', gear));
  const shown = await kubectl('get', 'gr', '--no-headers');
  const explained = await kubectl('explain', 'gear.spec');
  await kubectl('delete', 'crd', 'gears.example.com', '--timeout=20s');

  expect(shown).toMatch(/^one +3$/);
  expect(explained).toContain('size\t<integer>');
  expect(await refused('get', 'gears')).toContain('the server could not find the requested resource');
});

test('kubectl describe, rollout and events read what is there', async () => {
  await kubectl('apply', '-f', await manifest('read.json', deployment('read', 'image:1')));
  const described = await kubectl('describe', 'deployment', 'read');
  const stuck = await refused('rollout', 'status', 'deployment/read', '--timeout=1s');
  const events = await kubectl('events');

  expect(described).toMatch(/Replicas: +2 desired/);
  expect(stuck).toContain('Waiting for deployment spec update to be observed');
  expect(events).toBe('No events found in default namespace.');
});
