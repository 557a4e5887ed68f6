import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { etcdReplace } from '../../jobs/etcd-replace/runbook.ts';
import { makeTemporaryDirectory, removeDirectory } from '../../playground/directories.ts';
import { serviceAccountKubeconfig } from '../../playground/kubernetes/cluster/account-kubeconfig.ts';
import { workerAccess } from '../../playground/kubernetes/cluster/installed-account.ts';
import type { Attributes, User } from '../../playground/kubernetes/contracts.ts';
import { type OcpOptions, type OcpPlayground, startOcp } from '../../playground/openshift/start.ts';
import type { Attributes as Asked } from '../../src/adapters/kubernetes/attributes.ts';
import { systemClock } from '../../src/adapters/runtime/system-clock.ts';
import { createClusterPorts } from '../../src/app/cluster-ports.ts';
import { buildConfig } from '../../src/config/build.ts';
import { ConfigFile } from '../../src/config/schema.ts';
import { profilesOf } from '../../src/config/to-core.ts';
import type { EtcdPort } from '../../src/core/ports/etcd.ts';
import type { PlanDraft } from '../../src/core/runbook.ts';
import { silentLog } from './engine-harness.ts';
import { createRealClock } from './real-clock.ts';
import { type Rendered, render } from './rendered.ts';
import { createStepHarness, type HarnessEnd, type StepHarness } from './step-harness.ts';

/** The playground's OpenShift, and replacements on it with the access and the rights of a worker. */
export interface OcpReal {
  readonly ocp: OcpPlayground;
  readonly harness: StepHarness;
  /** Requests that the shipped roles do not allow. */
  readonly refused: readonly string[];
  /** What was asked of the API server. */
  readonly asked: readonly Asked[];
  plan(member: string): Promise<PlanDraft>;
  /** Runs the steps, then puts back what is registered. */
  run(draft: PlanDraft): Promise<HarnessEnd & { readonly notPutBack: ReadonlyMap<string, string> }>;
  stop(): Promise<void>;
}

const WORKER = { namespace: 'drydock', name: 'drydock-worker' } as const;
const FOLDERS = [
  'remote',
  'node-shell',
  'roles/etcd-replace',
  'roles/etcd-replace/tunnel',
  'roles/etcd-replace/openshift',
  'roles/etcd-backup',
  'roles/etcd-backup/tunnel',
  'roles/etcd-backup/openshift',
] as const;
const TIMES = { watch: '2s', machineReady: '3m', joined: '3m' };

/** What an installer applies for replacements on OpenShift, etcd by tunnel. */
export function ocpRoles(): readonly Rendered[] {
  return FOLDERS.flatMap((folder) => render(`deploy/kustomize/${folder}`)).map(inItsNamespace);
}

/** What the component `roles/openshift` does. */
function inItsNamespace(object: Rendered): Rendered {
  if (object.metadata.labels['drydock.dev/etcd'] !== 'pods') return object;
  return { ...object, metadata: { ...object.metadata, namespace: 'openshift-etcd' } };
}

/** Starts it. */
export async function startOcpReal(options: OcpOptions = {}): Promise<OcpReal> {
  const refused: string[] = [];
  const asked: Asked[] = [];
  const ocp = await startOcp({
    pace: 0.1,
    backOff: { first: 1000, longest: 2000 },
    ...options,
    onRefused: (user: User, what: Attributes) =>
      void refused.push(`${user.name}: ${what.verb} ${what.resource} ${what.path}`),
  });
  const directory = await makeTemporaryDirectory('ocp-backups');
  await mkdir(join(directory, 'store'));
  for (const object of ocpRoles()) await apply(ocp, object);
  await serviceAccountKubeconfig(ocp.cluster, WORKER);
  const settings = { defrag: { sample: '500ms' }, replace: TIMES };
  const file = ConfigFile.parse({
    version: 1,
    clusters: {
      ocp: {
        platform: 'openshift',
        ...workerAccess(ocp.cluster),
        etcd: { access: 'tunnel', tls: ocp.cluster.etcd.tls, ...settings },
        nodeShell: { image: 'busybox:1.37' },
        backups: { store: { type: 'file', path: join(directory, 'store') }, retention: { keepLast: 3 } },
        channels: { ops: 'C0OPS' },
      },
    },
  });
  const config = buildConfig('/nowhere/drydock.yaml', file);
  const access = createClusterPorts(config, {
    clock: systemClock,
    log: silentLog,
    onRequest: (what) => void asked.push(what),
  });
  const ports = await access.of('ocp', etcdReplace.needs);
  const etcd = await renewed(async () => (await access.of('ocp', ['etcd'])).etcd);
  const [profile] = profilesOf(config);
  if (profile === undefined) throw new Error('no profile');
  const harness = createStepHarness({
    clock: createRealClock(),
    runId: 'replace-ocp-7f3k',
    cluster: profile,
    defrag: profile.defrag,
    replace: profile.replace,
    wrap: () => etcd.port,
    kubernetes: ports.kubernetes,
    extra: { backups: ports.backups },
  });
  return {
    ocp,
    harness,
    refused,
    asked,
    plan: async (name) =>
      await harness.plan(etcdReplace, {
        target: { kind: 'member', name },
        backup: null,
        overHealthy: false,
        peerUrl: null,
        by: 'T0HOME/U0OPERATOR',
      }),
    run: async (draft) => {
      const end = await harness.run(etcdReplace, draft.steps);
      return { ...end, notPutBack: await harness.restoreCleanups(etcdReplace) };
    },
    async stop() {
      etcd.end();
      await access.close();
      await ocp.stop();
      await removeDirectory(directory);
    },
  };
}

const RENEWED_EVERY_MS = 1000;

/** A port that is opened anew all the time, as the engine does for each turn of a step: the way to a member that came since is found only so. */
async function renewed(open: () => Promise<EtcdPort>): Promise<{ readonly port: EtcdPort; end(): void }> {
  let current = await open();
  const timer = setInterval(() => {
    void open().then(
      (next) => void (current = next),
      () => undefined,
    );
  }, RENEWED_EVERY_MS);
  const port = new Proxy(current, { get: (_first, name): unknown => Reflect.get(current, name) });
  return { port, end: () => clearInterval(timer) };
}

async function apply({ cluster }: OcpPlayground, object: Rendered): Promise<void> {
  const { apiVersion, kind, metadata } = object;
  const group = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const within = metadata.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`;
  const path = `${group}${within}/${kind.toLowerCase()}s`;
  const { status, body } = await cluster.api.request({ method: 'POST', path, body: object });
  if (status !== 201 && status !== 409) throw new Error(`${kind} ${metadata.name}: ${status} ${JSON.stringify(body)}`);
}
