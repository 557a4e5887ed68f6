import { UpgradeParams } from '../../jobs/upgrade/params.ts';

/** What `/kube upgrade prod all --to v1.31.4` asks for: nothing is consented to, and a backup is taken first. */
export function upgradeParams(ask: Partial<UpgradeParams> = {}): UpgradeParams {
  return UpgradeParams.parse({
    what: { kind: 'all' },
    to: 'v1.31.4',
    canary: null,
    backup: null,
    image: null,
    suspendGitops: false,
    overRemovedApis: false,
    deleteEmptyDir: false,
    unmanaged: false,
    by: 'T0HOME/U0OPERATOR',
    ...ask,
  });
}
