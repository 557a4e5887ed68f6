import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { commands } from '../../commands/index.ts';
import { createPrometheusMetrics } from '../../src/adapters/metrics/prometheus-metrics.ts';
import { systemCalendar } from '../../src/adapters/time/calendar.ts';
import { createRoutes } from '../../src/app/http.ts';
import { GRACE_MS } from '../../src/app/process.ts';
import { type ProcessRole, readEnvironment } from '../../src/config/environment.ts';
import { type LoadResult, loadConfig } from '../../src/config/load.ts';
import { DRYDOCK_LABEL, hostingCheck } from '../../src/core/kubernetes/hosting.ts';
import type { CronSpec } from '../../src/core/ports/calendar.ts';
import { dockerStages } from '../support/dockerfile.ts';
import { restrictedProblems } from '../support/pod-security.ts';
import { objectNamed, render } from '../support/rendered.ts';
import { ROOT, textOf } from '../support/repository.ts';
import { Workload } from '../support/workload.ts';

const objects = render('deploy/kustomize/base');
const COMPONENTS = ['bot', 'worker', 'redis'] as const;
type Component = (typeof COMPONENTS)[number];

function workload(component: Component): Workload {
  return Workload.parse(
    objectNamed(objects, component === 'redis' ? 'StatefulSet' : 'Deployment', `drydock-${component}`),
  );
}

/** Environment of a process as its container gives it; Secrets have the values of `secrets`, by their key. */
function environmentOf(component: Component, secrets: Readonly<Record<string, string>>): Record<string, string> {
  const given = workload(component).container.env.map(({ name, value, valueFrom }) => {
    const read = value ?? secrets[valueFrom?.secretKeyRef.key ?? ''];
    return [name, read ?? ''] as const;
  });
  return Object.fromEntries(given.filter(([, value]) => value !== ''));
}

const SECRETS = {
  url: 'redis://:not-a-password@drydock-redis:6379/0',
  SLACK_BOT_TOKEN: 'xoxb-for-a-test',
  SLACK_SIGNING_SECRET: 'secret-for-a-test',
};

test('the base is complete: what a folder holds is used, and nothing else is applied', () => {
  const kinds = objects.map(({ kind, metadata }) => `${kind} ${metadata.name.replace(/-[a-z0-9]{10}$/, '')}`);

  expect(kinds.toSorted()).toEqual([
    'ConfigMap drydock-config',
    'ConfigMap drydock-redis',
    'Deployment drydock-bot',
    'Deployment drydock-worker',
    'Namespace drydock',
    'NetworkPolicy drydock-bot',
    'NetworkPolicy drydock-nothing',
    'NetworkPolicy drydock-redis',
    'NetworkPolicy drydock-worker',
    'PodDisruptionBudget drydock-bot',
    'PodDisruptionBudget drydock-worker',
    'Service drydock-bot',
    'Service drydock-redis',
    'ServiceAccount drydock-bot',
    'ServiceAccount drydock-redis',
    'ServiceAccount drydock-worker',
    'StatefulSet drydock-redis',
  ]);
  expect(objects.filter(({ kind, metadata }) => kind !== 'Namespace' && metadata.namespace !== 'drydock')).toEqual([]);
});

test('the example for an own cluster takes an image and a configuration as its comments say', () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'drydock-overlay-')));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const written = textOf('deploy/kustomize/examples/own-cluster/kustomization.yaml')
    .replaceAll('../../', `${relative(folder, join(ROOT, 'deploy/kustomize'))}/`)
    .replace('newName: registry.example.com/drydock', 'newName: registry.internal/drydock')
    .replace('newTag: 0.1.0', 'newTag: 1.2.3')
    .replace(/^# (configMapGenerator:\n(# {2}.*\n)+)/m, (_all, part: string) => part.replaceAll(/^# /gm, ''));
  writeFileSync(join(folder, 'kustomization.yaml'), written);
  writeFileSync(join(folder, 'drydock.yaml'), 'version: 1 # mine\n');

  const mine = render(folder);
  const map = mine.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name.startsWith('drydock-config-'));
  const worker = Workload.parse(objectNamed(mine, 'Deployment', 'drydock-worker'));

  expect(worker.container.image).toBe('registry.internal/drydock:1.2.3');
  expect(map?.['data']).toEqual({ 'drydock.yaml': 'version: 1 # mine\n' });
  expect(worker.pod.volumes).toContainEqual(
    expect.objectContaining({ configMap: expect.objectContaining({ name: map?.metadata.name }) }),
  );
});

test('the worker restores backups in a volume of limited size, and a claim for backups is there for those who ask for it', () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'drydock-overlay-')));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const from = relative(folder, join(ROOT, 'deploy/kustomize'));
  writeFileSync(join(folder, 'kustomization.yaml'), `resources: [${from}/base]\ncomponents: [${from}/backups-claim]\n`);

  const [bare, whole] = [objects, render(folder)].map((all) => ({
    pod: Workload.parse(objectNamed(all, 'Deployment', 'drydock-worker')).pod,
    claims: all.filter(({ kind }) => kind === 'PersistentVolumeClaim').map(({ metadata }) => metadata.name),
  }));

  expect(bare?.pod.volumes).toContainEqual({ name: 'scratch', emptyDir: { sizeLimit: '20Gi' } });
  expect(bare?.claims).toEqual([]);
  expect(whole?.claims).toEqual(['drydock-backups']);
  expect(whole?.pod.volumes).toContainEqual({
    name: 'backups',
    persistentVolumeClaim: { claimName: 'drydock-backups' },
  });
  expect(restrictedProblems(whole?.pod)).toEqual([]);
  expect(JSON.stringify(whole?.pod.containers)).toContain('"mountPath":"/var/lib/drydock/backups"');
});

describe.each(COMPONENTS)('%s', (component) => {
  const { pod, labels, container } = workload(component);

  test('keeps to the level restricted, with a root file system that nobody writes to', () => {
    expect(restrictedProblems(pod)).toEqual([]);
    expect(container.resources).toMatchObject({
      requests: { cpu: expect.stringMatching(/m$/), memory: expect.stringMatching(/i$/) },
      limits: { memory: expect.stringMatching(/i$/) },
    });
  });

  test('is found by the check for a cluster that hosts Drydock', () => {
    const [label, value] = DRYDOCK_LABEL.split('=');

    expect(labels[label ?? '']).toBe(value);
    expect(hostingCheck([{ namespace: 'drydock', labels, phase: 'Running' }])?.title).toMatch(
      component === 'redis' ? /Redis$/ : /Drydock$/,
    );
  });

  test('has a service account of its own, whose token only the worker mounts', () => {
    const account = objectNamed(objects, 'ServiceAccount', pod.serviceAccountName);

    expect(pod.serviceAccountName).toBe(`drydock-${component}`);
    expect(account['automountServiceAccountToken']).toBe(false);
    expect(pod.automountServiceAccountToken).toBe(component === 'worker');
  });

  test('gets no variables of Services: those that begin with DRYDOCK_ are refused', () => {
    const linked = { ...SECRETS, REDIS_URL: SECRETS.url, DRYDOCK_REDIS_PORT: 'tcp://10.96.0.10:6379' };

    expect(pod.enableServiceLinks).toBe(false);
    expect(readEnvironment(linked, 'bot').problems).toMatchObject([{ path: 'DRYDOCK_REDIS_PORT' }]);
  });

  test('takes no secret but from Secrets', () => {
    const named = container.env.filter(({ name }) => /TOKEN|SECRET|URL|AUTH|PASSWORD/.test(name));

    expect(named.length).toBeGreaterThan(0);
    expect(named.filter(({ valueFrom }) => valueFrom === undefined)).toEqual([]);
  });
});

test('no Secret and no value of one is shipped', () => {
  expect(objects.filter(({ kind }) => kind === 'Secret')).toEqual([]);
  expect(JSON.stringify(objects)).not.toMatch(/xox[abp]-|xapp-|redis:\/\/[^"]*@|requirepass (?!<)/);
});

describe.each(['bot', 'worker'] as const)('the process %s', (component) => {
  const { pod, container } = workload(component);

  test('runs as the user of the image, with the command line of its part', () => {
    const user = dockerStages()
      .at(-1)
      ?.find(({ name }) => name === 'USER');

    expect(`${pod.securityContext.runAsUser}:${pod.securityContext.runAsGroup}`).toBe(user?.text);
    expect(container.args).toEqual(['node', 'src/app/main.ts', component]);
  });

  test('is probed where it answers', () => {
    const routes = Object.keys(createRoutes(createPrometheusMetrics(), []));
    const { startupProbe, livenessProbe, readinessProbe } = container;
    const [port] = container.ports;

    expect(startupProbe?.httpGet?.path).toBe('/healthz');
    expect(livenessProbe?.httpGet?.path).toBe('/healthz');
    expect(readinessProbe?.httpGet?.path).toBe('/readyz');
    expect(routes).toEqual(expect.arrayContaining(['/healthz', '/readyz']));
    expect(port).toMatchObject({ name: 'http', containerPort: Number(environmentOf(component, {})['PORT']) });
  });

  test('has the time that it takes to stop, its wait before SIGTERM included', () => {
    const before = Number(container.lifecycle?.preStop.exec.command[1] ?? 0);
    const closingMs = 4000;

    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(before + (GRACE_MS + closingMs) / 1000);
  });

  test('is told what it reads, and the shipped example passes its check', async () => {
    const result = await checkExample(component, environmentOf(component, SECRETS));

    expect(result.ok ? [] : result.problems).toEqual([]);
    expect(result.warnings).toEqual([]);
  });

  test('a misspelt variable would be found', async () => {
    const { REDIS_URL: url = '', ...others } = environmentOf(component, SECRETS);

    const result = await checkExample(component, { ...others, DRYDOCK_REDIS_URL: url });

    expect(result.ok).toBe(false);
  });
});

function cronProblem(spec: CronSpec): string | null {
  return systemCalendar.problem(spec);
}

/** The check that the process makes first, with the ConfigMap as a folder. */
async function checkExample(role: ProcessRole, env: Readonly<Record<string, string>>): Promise<LoadResult> {
  const { volumes } = workload(role === 'bot' ? 'bot' : 'worker').pod;
  const map = volumes.find(({ name }) => name === 'config')?.configMap?.name ?? '';
  const { data } = z
    .looseObject({ data: z.record(z.string(), z.string()) })
    .parse(objectNamed(objects, 'ConfigMap', map));
  const folder = mkdtempSync(join(tmpdir(), 'drydock-deploy-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(data)) writeFileSync(join(folder, name), text);
  const file = env['DRYDOCK_CONFIG']?.replace('/etc/drydock/config', folder) ?? '';
  return await loadConfig({ env: { ...env, DRYDOCK_CONFIG: file }, role, commands, cronProblem, folder: '/' });
}

function variables({ container }: Workload): readonly string[] {
  return container.env.map(({ name }) => name);
}

test('only the bot has anything of Slack, only the worker anything of clusters', () => {
  const bot = workload('bot');
  const worker = workload('worker');

  expect(variables(bot).filter((name) => name.startsWith('SLACK_'))).toEqual([
    'SLACK_BOT_TOKEN',
    'SLACK_SIGNING_SECRET',
    'SLACK_APP_TOKEN',
  ]);
  expect(variables(worker).filter((name) => name.startsWith('SLACK_'))).toEqual([]);
  expect(JSON.stringify(worker)).not.toContain('drydock-slack');
  expect(bot.pod.volumes.map(({ name }) => name)).toEqual(['config']);
  expect(worker.pod.volumes).toContainEqual(
    expect.objectContaining({ secret: expect.objectContaining({ secretName: 'drydock-clusters', optional: true }) }),
  );
});

test('every selector of a Service, a budget and a policy meets exactly the pods that are meant', () => {
  const pods = COMPONENTS.map((component) => ({ component, labels: workload(component).labels }));
  const Selecting = z.looseObject({
    spec: z.looseObject({
      selector: z.looseObject({ matchLabels: z.record(z.string(), z.string()).optional() }).optional(),
      podSelector: z.looseObject({ matchLabels: z.record(z.string(), z.string()).optional() }).optional(),
    }),
  });
  const met = objects
    .filter(({ kind }) => ['Service', 'PodDisruptionBudget', 'NetworkPolicy'].includes(kind))
    .map((object) => {
      const { selector, podSelector } = Selecting.parse(object).spec;
      const wanted = Object.entries(
        (selector ?? podSelector)?.matchLabels ?? (podSelector === undefined ? selector : {}) ?? {},
      );
      const fitting = pods.filter(({ labels }) => wanted.every(([name, value]) => labels[name] === value));
      return `${object.kind} ${object.metadata.name}: ${fitting.map(({ component }) => component).join(' ')}`;
    });

  expect(met.toSorted()).toEqual([
    'NetworkPolicy drydock-bot: bot',
    'NetworkPolicy drydock-nothing: bot worker redis',
    'NetworkPolicy drydock-redis: redis',
    'NetworkPolicy drydock-worker: worker',
    'PodDisruptionBudget drydock-bot: bot',
    'PodDisruptionBudget drydock-worker: worker',
    'Service drydock-bot: bot',
    'Service drydock-redis: redis',
  ]);
});
