import { z } from 'zod';

/** What `/kube upgrade` asks for. */
export const UpgradeParams = z.strictObject({
  /** Which part of the cluster. */
  what: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('controlplane') }),
    /** Names of groups, each once, as typed. */
    z.strictObject({ kind: z.literal('nodegroup'), names: z.array(z.string().min(1)).min(1) }),
    z.strictObject({ kind: z.literal('all') }),
  ]),
  /** Target with its `v`: `v1.31.4`. */
  to: z.string().min(1),
  /** The group that goes first; `null`: the first by name. */
  canary: z.string().min(1).nullable(),
  /** Id of a recent backup to rely on, or `latest`; `null`: one is taken first. */
  backup: z.string().min(1).nullable(),
  /** Image of the new machines, where their template does not tell the version; `null`: none is given. */
  image: z.string().min(1).nullable(),
  /** Whoever keeps the objects in Git is suspended for the time of the run. */
  suspendGitops: z.boolean(),
  /** Removed APIs that are in use are accepted. */
  overRemovedApis: z.boolean(),
  /** Data in empty directories are given up, where Drydock drains. */
  deleteEmptyDir: z.boolean(),
  /** Pods that nobody makes anew are given up, where Drydock drains. */
  unmanaged: z.boolean(),
  /** Who asked, team and user: `T0HOME/U0OPERATOR`. */
  by: z.string().min(1),
});
export type UpgradeParams = z.infer<typeof UpgradeParams>;
