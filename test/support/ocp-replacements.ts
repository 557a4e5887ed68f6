import { expect } from 'vitest';
import { platformOfOcp } from '../../playground/openshift/ocp-platform.ts';
import { type OcpOptions, type OcpPlayground, startOcp } from '../../playground/openshift/start.ts';
import { QUICK, type Replacements, startReplacements } from './replacements.ts';

/** The playground's OpenShift, and replacements on it with the rights of the shipped roles. */
export interface OcpReplacements extends Replacements {
  readonly ocp: OcpPlayground;
  /** Expects that nothing is left of what a replacement changes only for its time, and that nothing was asked for that the shipped roles forbid. */
  expectTidy(): Promise<void>;
}

const RUN_MS = 400_000;

/** Starts it. */
export async function startOcpReplacements(options: OcpOptions = {}): Promise<OcpReplacements> {
  const refused: string[] = [];
  const ocp = await startOcp({
    pace: 0.1,
    backOff: { first: 1000, longest: 2000 },
    ...options,
    onRefused: (user, what) => void refused.push(`${user.name}: ${what.verb} ${what.resource} ${what.path}`),
  });
  const { api, etcd } = ocp.cluster;
  async function bodyAt(path: string): Promise<{ readonly status: number; readonly text: string }> {
    const { status, body } = await api.request({ method: 'GET', path });
    return { status, text: JSON.stringify(body) };
  }
  const replacements = await startReplacements(await platformOfOcp(ocp, { settings: QUICK }), {
    etcdctl: etcd.programs.programs['etcdctl'] ?? 'etcdctl',
    people: { withinMs: RUN_MS },
  });
  return {
    ...replacements,
    ocp,
    async expectTidy() {
      const operator = await bodyAt('/apis/operator.openshift.io/v1/etcds/cluster');
      const paused = await bodyAt('/api/v1/namespaces/openshift-etcd-operator/configmaps/etcd-disable-defrag');
      const checks = await bodyAt(
        '/apis/machine.openshift.io/v1beta1/namespaces/openshift-machine-api/machinehealthchecks',
      );
      expect(operator.text).not.toContain('useUnsupportedUnsafeNonHANonProductionUnstableEtcd');
      expect(paused.status).toBe(404);
      expect(checks.status).toBe(200);
      expect(checks.text).not.toContain('cluster.x-k8s.io/paused');
      expect(refused).toEqual([]);
    },
  };
}
