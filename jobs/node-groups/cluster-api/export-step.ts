import { z } from 'zod';
import { formatBytes } from '../../../src/core/bytes.ts';
import { CLUSTER_LABEL } from '../../../src/core/cluster-api/names.ts';
import { exportText } from '../../../src/core/cluster-api/upgrade/export-objects.ts';
import { templateRefsOf } from '../../../src/core/cluster-api/upgrade/template-refs.ts';
import type { KubernetesObject, KubernetesResult } from '../../../src/core/ports/kubernetes.ts';
import { defineStep, type StepAnswer, type StepContext } from '../../../src/core/step.ts';
import { MANAGEMENT_CALL_MS } from '../../etcd-replace/cluster-api/read-management.ts';
import { readTemplate } from './read-template.ts';
import { readKinds, workerKinds } from './read-view.ts';

const Input = z.object({ namespace: z.string().min(1), name: z.string().min(1), uid: z.string().min(1) });
type Input = z.infer<typeof Input>;

const Output = z.object({ key: z.string(), objects: z.int(), bytes: z.int(), sha256: z.string() });
type Output = z.infer<typeof Output>;

const State = z.object({ tries: z.int() });
type Answer = StepAnswer<z.infer<typeof State>, Output>;
type Context = StepContext<'management' | 'backups'>;

const MOST_TRIES = 12;
const AGAIN_MS = 5000;

/**
 * Stores the objects of a cluster as they are in its management cluster, where backups go: Cluster, control plane, deployments, sets, machines,
 * health checks, templates. Nothing is paused for it, and Secrets are not read. What may be a secret in the configuration of machines goes only into a
 * store that encrypts.
 */
export const exportStep = defineStep<Input, z.infer<typeof State>, Output, 'management' | 'backups'>({
  kind: 'capi.export@1',
  input: Input,
  state: State,
  output: Output,
  needs: ['management', 'backups'],
  risk: 'read',
  effect: 'writes to the store of backups only',
  timeoutMs: () => 15 * 60_000,
  retry: { attempts: 3, backoffMs: 5000 },
  describe: ({ namespace, name }) =>
    `Store the objects of Cluster API of ${namespace}/${name} as they are now beside the backups (no Secrets; contents of files, commands, arguments, variables and passwords only where backups are encrypted)`,
  items: () => [],
  initial: () => ({ tries: 0 }),
  check: async () => await Promise.resolve({ kind: 'go' }),
  run: async (context, input, { tries }) => {
    const found = await objectsOf(context, input);
    if (!found.ok) return again(tries, 'access-refused', `the management cluster: ${found.error.message}`);
    const cluster = found.value.find(({ kind, metadata }) => kind === 'Cluster' && metadata.name === input.name);
    if (cluster?.metadata.uid !== input.uid)
      return { kind: 'stop', reason: 'plan-drifted', note: `Cluster ${input.name} is another one than was approved.` };
    const isEncrypted = encrypts(context);
    const facts = { cluster: context.cluster.name, at: context.nowIso(), run: context.runId, isEncrypted };
    const kept = await context.ports.backups.keepObjects(exportText(found.value, facts), { signal: context.signal });
    if (!kept.ok) return again(tries, 'backups-unavailable', kept.error.message);
    const { key, bytes, sha256 } = kept.value;
    const output = { key, objects: found.value.length, bytes, sha256 };
    return { kind: 'done', output, note: storedWords(context, output) };
  },
  // The vault has read it back.
  verify: async (context, _input, output) =>
    await Promise.resolve({ kind: 'done', output, note: storedWords(context, output) }),
});

/** Whether only holders of a key can read what is stored. */
function encrypts({ ports }: Pick<Context, 'ports'>): boolean {
  return (ports.backups.facts?.snapshot.recipients.length ?? 0) > 0;
}

function storedWords(context: Pick<Context, 'ports'>, { objects, bytes, key }: Output): string {
  const stored = `${objects} objects, ${formatBytes(bytes)}, stored as ${key}.`;
  return encrypts(context)
    ? stored
    : `${stored} Backups are not encrypted, so contents of files, commands, arguments, variables and passwords were left out.`;
}

function again(tries: number, reason: 'access-refused' | 'backups-unavailable', why: string): Answer {
  const note = `${why.replace(/\.$/, '')}.`;
  return tries + 1 >= MOST_TRIES
    ? { kind: 'stop', reason, note }
    : { kind: 'again', afterMs: AGAIN_MS, state: { tries: tries + 1 }, note: `Waiting: ${note}` };
}

/** Everything that bears the cluster's name, and the templates that it names. */
async function objectsOf(
  { ports: { management }, signal }: Context,
  { namespace, name }: Input,
): Promise<KubernetesResult<readonly KubernetesObject[]>> {
  const call = { timeoutMs: MANAGEMENT_CALL_MS, signal };
  const known = await readKinds(management, signal);
  if (!known.ok) return { ok: false, error: { code: 'unreachable', message: known.why } };
  const { kinds } = known;
  const workers = workerKinds(kinds);
  const cluster = await management.get({ ...kinds.cluster, namespace, name }, call);
  if (!cluster.ok) return cluster;
  const labelSelector = `${CLUSTER_LABEL}=${name}`;
  const all: KubernetesObject[] = [cluster.value];
  for (const kind of [
    kinds.controlPlane,
    workers.deployment,
    workers.set,
    workers.pool,
    kinds.machine,
    kinds.machineHealthCheck,
  ]) {
    if (kind === null) continue;
    const listed = await management.list({ ...kind, namespace, labelSelector }, call);
    if (!listed.ok && listed.error.code !== 'no-such-kind') return listed;
    if (listed.ok) all.push(...listed.value.items);
  }
  for (const ref of templateRefsOf(all)) {
    const read = await readTemplate(management, ref, namespace, signal);
    if (!read.ok && read.error.code !== 'not-found' && read.error.code !== 'no-such-kind') return read;
    if (read.ok) all.push(read.value);
  }
  return { ok: true, value: all };
}
