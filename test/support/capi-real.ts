import { expect } from 'vitest';
import { type Capi, type CapiOptions, startCapi } from '../../playground/cluster-api/capi.ts';
import { platformOfCapi } from '../../playground/cluster-api/capi-platform.ts';
import type { Attributes, User } from '../../playground/kubernetes/contracts.ts';
import { QUICK, type Replacements, startReplacements } from './replacements.ts';

/** Cluster API of the playground, and replacements on it with the access and the rights of a worker in both clusters. */
export interface CapiReal extends Replacements {
  readonly capi: Capi;
  /** Expects that nothing of a request is left on any machine, and that nothing was asked of either cluster that the shipped roles forbid. */
  expectTidy(): Promise<void>;
}

const RUN_MS = 300_000;

/** Starts it. */
export async function startCapiReal(options: CapiOptions = {}): Promise<CapiReal> {
  const refused: string[] = [];
  const noteOf =
    (where: string) =>
    (user: User, what: Attributes): void =>
      void refused.push(`${where}: ${user.name}: ${what.verb} ${what.resource} ${what.path}`);
  const capi = await startCapi({
    pace: 0.2,
    backOff: { first: 1000, longest: 2000 },
    onRefused: noteOf('workload'),
    onManagementRefused: noteOf('management'),
    ...options,
  });
  const { etcd } = capi.workload;
  const replacements = await startReplacements(await platformOfCapi(capi, { settings: QUICK }), {
    etcdctl: etcd.programs.programs['etcdctl'] ?? 'etcdctl',
    people: { withinMs: RUN_MS },
  });
  return {
    ...replacements,
    capi,
    async expectTidy() {
      const machines = await capi.objects('machines');
      expect(JSON.stringify(machines)).not.toContain('cluster.x-k8s.io/remediate-machine');
      expect(refused).toEqual([]);
    },
  };
}
