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

/** Name of the pod. Node names are DNS names of up to 253 characters: what is too long is cut and made different by its sum. */
export function nodeShellName({ run, node }: Pick<NodeShellFacts, 'run' | 'node'>): string {
  const whole = `shell-${run}-${node}`.replaceAll('.', '-');
  return whole.length <= 63 ? whole : `${whole.slice(0, 54).replace(/-+$/, '')}-${sumOf(whole)}`;
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
      labels: { 'app.kubernetes.io/name': 'drydock-node-shell', 'drydock.dev/run': facts.run },
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
