import { expect, test } from 'vitest';
import { restrictedProblems } from '../support/pod-security.ts';

const GOOD = {
  name: 'good',
  securityContext: {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    runAsNonRoot: true,
    runAsUser: 1000,
    seccompProfile: { type: 'RuntimeDefault' },
    capabilities: { drop: ['ALL'] },
  },
};

/** A pod of one container with these changes to its security context. */
function podWith(changes: object): object {
  return { containers: [{ ...GOOD, securityContext: { ...GOOD.securityContext, ...changes } }] };
}

test('a pod that keeps to the level has no problem, also when the pod says it for its containers', () => {
  const { runAsNonRoot, seccompProfile, ...own } = GOOD.securityContext;

  expect(restrictedProblems(podWith({}))).toEqual([]);
  expect(
    restrictedProblems({
      securityContext: { runAsNonRoot, seccompProfile },
      containers: [{ ...GOOD, securityContext: own }],
    }),
  ).toEqual([]);
});

test.each([
  [podWith({ privileged: true }), 'good: it is privileged'],
  [podWith({ allowPrivilegeEscalation: undefined }), 'good: it may gain privileges'],
  [podWith({ runAsNonRoot: undefined }), 'good: it may run as root'],
  [podWith({ runAsUser: 0 }), 'good: its user is root'],
  [podWith({ capabilities: { drop: ['NET_RAW'] } }), 'good: it keeps capabilities'],
  [podWith({ capabilities: { drop: ['ALL'], add: ['SYS_ADMIN'] } }), 'good: it keeps capabilities'],
  [podWith({ seccompProfile: { type: 'Unconfined' } }), 'good: it has no seccomp profile'],
  [podWith({ readOnlyRootFilesystem: false }), 'good: its root file system is writable'],
  [{ containers: [{ ...GOOD, ports: [{ hostPort: 80 }] }] }, 'good: it takes a port of the host'],
  [{ ...podWith({}), hostNetwork: true }, 'it shares a namespace of the host'],
  [{ ...podWith({}), volumes: [{ name: 'host', hostPath: { path: '/' } }] }, 'it has a volume of type hostPath'],
  [{ ...podWith({}), initContainers: [{ name: 'first' }] }, 'first: it may run as root'],
])('what breaks the level is told (%#)', (pod, problem) => {
  expect(restrictedProblems(pod)).toContain(problem);
});
