import type { JsonObject } from '../json.ts';

/** Where node shells run. The installer creates it: it must allow privileged pods. See `deploy/`. */
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
      // OpenShift picks the security context by this, and adds no node selector of the project.
      annotations: { 'openshift.io/required-scc': 'privileged' },
    },
    spec: {
      nodeName: facts.node,
      hostNetwork: true,
      hostPID: true,
      hostIPC: true,
      restartPolicy: 'Never',
      activeDeadlineSeconds: LIFE_S,
      terminationGracePeriodSeconds: 0,
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
