import { z } from 'zod';
import type { JsonObject } from '../json.ts';
import type { KubernetesObject } from '../ports/kubernetes.ts';

/** Where node shells run. It must allow privileged pods; `deploy/kustomize/node-shell` makes it, and the rights for it. */
export const NODE_SHELL_NAMESPACE = 'drydock-node-shell';

/** One node shell. Its name is the same for every attempt of a run on a node, so that none is left behind. */
export interface NodeShellFacts {
  readonly run: string;
  readonly node: string;
  /** Any image with `chroot` and `sleep`. */
  readonly image: string;
}

/** It ends by itself after this time, also when nobody is left to delete it, s. */
const LIFE_S = 3600;

/** Label of the pod: the run that made it. */
export const RUN_LABEL = 'drydock.dev/run';

/**
 * Name of the pod, with a sum of run and node at its end: node names are DNS names of up to 253 characters and are cut, and `a.b` and
 * `a-b` are two nodes.
 */
export function nodeShellName({ run, node }: Pick<NodeShellFacts, 'run' | 'node'>): string {
  const start = `shell-${run}-${node}`.replaceAll('.', '-').slice(0, 54).replace(/-+$/, '');
  return `${start}-${sumOf(`${run}/${node}`)}`;
}

/** FNV-1a of 32 bits, as eight hexadecimal digits. */
function sumOf(text: string): string {
  let sum = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) sum = Math.imul(sum ^ byte, 0x01000193);
  return (sum >>> 0).toString(16).padStart(8, '0');
}

/**
 * The pod of a node shell: privileged, in the node's own namespaces, its root directory under `/host`, pinned to the node without
 * asking the scheduler, and tolerating every taint, because a sick node is where it is needed.
 *
 * Source: what `oc debug node/NAME` and `kubectl debug node/NAME --profile=sysadmin` create.
 */
export function nodeShellPod(facts: NodeShellFacts): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: nodeShellName(facts),
      namespace: NODE_SHELL_NAMESPACE,
      labels: { 'app.kubernetes.io/name': 'drydock-node-shell', [RUN_LABEL]: facts.run },
      // OpenShift admits the pod by this security context constraint, or not at all.
      annotations: { 'openshift.io/required-scc': 'privileged' },
    },
    spec: {
      nodeName: facts.node,
      hostNetwork: true,
      hostPID: true,
      hostIPC: true,
      restartPolicy: 'Never',
      activeDeadlineSeconds: LIFE_S,
      // With 0 the server would drop the pod before the node's agent has ended its programs, and nobody could see when they end.
      terminationGracePeriodSeconds: 1,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      tolerations: [{ operator: 'Exists' }],
      containers: [
        {
          name: 'shell',
          image: facts.image,
          command: ['sleep', String(LIFE_S)],
          securityContext: { privileged: true, runAsUser: 0 },
          volumeMounts: [{ name: 'host', mountPath: '/host' }],
        },
      ],
      volumes: [{ name: 'host', hostPath: { path: '/', type: 'Directory' } }],
    },
  };
}

/** The command that runs a program of the node in its own root directory. */
export function onNode(argv: readonly string[]): readonly string[] {
  return ['chroot', '/host', ...argv];
}

const State = z.object({ reason: z.string().default(''), message: z.string().default('') });
const Words = z.object({
  metadata: z.object({ deletionTimestamp: z.string().default(''), finalizers: z.array(z.string()).default([]) }),
  status: z
    .object({
      phase: z.string().default(''),
      reason: z.string().default(''),
      message: z.string().default(''),
      startTime: z.string().default(''),
      conditions: z.array(State.extend({ type: z.string(), status: z.string() })).default([]),
      containerStatuses: z
        .array(z.object({ state: z.object({ waiting: State.optional(), terminated: State.optional() }).default({}) }))
        .default([]),
    })
    .prefault({}),
});

/** Reasons of the kubelet that waiting does not mend. */
const FOR_GOOD: ReadonlySet<string> = new Set(['InvalidImageName', 'ErrImageNeverPull', 'CreateContainerConfigError']);

/** Why a node shell has not started, and whether waiting may help. */
export interface NotStarted {
  /** In the words of who said it: `the kubelet says ImagePullBackOff: …`. */
  readonly why: string;
  readonly forGood: boolean;
}

/** Reads from the pod of a node shell why it has not started. @throws ZodError when the object has not the shape of a pod. */
export function whyNotStarted(pod: KubernetesObject): NotStarted {
  const { metadata, status } = Words.parse(pod);
  if (metadata.deletionTimestamp !== '')
    return { why: `it is being deleted since ${metadata.deletionTimestamp}`, forGood: false };
  const state = status.containerStatuses[0]?.state;
  const said = [status, state?.terminated, state?.waiting].find((each) => wordsOf(each) !== '');
  const hasEnded = status.phase === 'Failed' || status.phase === 'Succeeded';
  if (said !== undefined) {
    const forGood = hasEnded || FOR_GOOD.has(said.reason);
    return { why: `the kubelet says ${wordsOf(said)}`, forGood };
  }
  if (hasEnded) return { why: `it ended at once (${status.phase}), and the kubelet does not say why`, forGood: true };
  const unscheduled = status.conditions.find(({ type, status: is }) => type === 'PodScheduled' && is === 'False');
  if (unscheduled !== undefined) return { why: `the scheduler says ${wordsOf(unscheduled)}`, forGood: false };
  const isTaken = status.startTime !== '' || status.containerStatuses.length > 0;
  const why = isTaken ? `the kubelet took it (${status.phase}) and says nothing more` : 'the kubelet has not taken it';
  return { why, forGood: false };
}

function wordsOf(said: z.infer<typeof State> | undefined): string {
  return [said?.reason ?? '', said?.message ?? ''].filter((word) => word !== '').join(': ');
}

/**
 * Words for a person on a pod that was deleted and stays: what is safe to say, and how to look. Deleting by force is only for
 * who knows that its programs have ended: the server would forget them, and the node would not.
 *
 * @param forMs how long it was waited for
 */
export function whyStillThere(pod: KubernetesObject, forMs: number): string {
  const { name, namespace = NODE_SHELL_NAMESPACE, uid, finalizers = [] } = pod.metadata;
  const held = finalizers.length === 0 ? '' : ` It is held by ${finalizers.join(', ')}.`;
  const words = [
    `${namespace}/${name} (uid ${uid}) is still there ${Math.round(forMs / 1000)} s after it was deleted: nobody has said that its`,
    `programs on the node have ended.${held} Look: kubectl -n ${namespace} get pod ${name} -o wide. Delete it with --force only`,
    'when the node is off or its programs have ended',
  ];
  return words.join(' ');
}
