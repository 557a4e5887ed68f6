import { z } from 'zod';
import { DEFAULT_REPLACE } from '../core/cluster-profile.ts';
import { duration } from './quantities.ts';

const text = z.string({ error: 'expected a text' }).min(1, 'expected a text that is not empty');
const place = z
  .string({ error: 'expected an absolute path' })
  .regex(/^\/[\w./-]*[\w-]$/, { error: 'expected an absolute path of letters, digits, dots and dashes' })
  .refine((value) => !value.split('/').includes('..'), { error: 'expected a path without ..' });

const SshEntry = z.strictObject(
  {
    user: z
      .string()
      .regex(/^[a-z_][a-z0-9_-]{0,31}$/, { error: 'expected the name of a user of the hosts, such as drydock' }),
    key: text,
    /** Required: no host is trusted for being seen first. */
    knownHosts: text,
    port: z
      .number({ error: 'expected a port, 1 to 65535' })
      .int('expected a port, 1 to 65535')
      .min(1, 'expected a port, 1 to 65535')
      .max(65_535, 'expected a port, 1 to 65535')
      .default(22),
  },
  { error: 'expected { user: …, key: …, knownHosts: … }' },
);

/** The machines of a bare ring: how they are reached, and what lies where on each of them. */
export const HostsEntry = z.strictObject(
  {
    ssh: SshEntry,
    service: z
      .string({ error: 'expected the name of a service such as etcd.service' })
      .regex(/^[A-Za-z0-9][\w@.:-]*\.service$/, { error: 'expected the name of a service such as etcd.service' })
      .default('etcd.service'),
    dataDirectory: place,
    environmentFile: place,
  },
  { error: 'expected { ssh: …, dataDirectory: …, environmentFile: … }' },
);
export type HostsEntry = z.infer<typeof HostsEntry>;

/** Times of a replacement. */
export const ReplaceEntry = z.strictObject({
  watch: duration(1000).default(DEFAULT_REPLACE.watchMs),
  backupAge: duration(1000).default(DEFAULT_REPLACE.backupAgeMs),
  machineReady: duration(1000).default(DEFAULT_REPLACE.machineReadyMs),
  joined: duration(1000).default(DEFAULT_REPLACE.joinedMs),
  caughtUp: duration(1000).default(DEFAULT_REPLACE.caughtUpMs),
  hostBuilt: duration(1000).default(DEFAULT_REPLACE.hostBuiltMs),
  nodeNotReady: duration(1000).default(DEFAULT_REPLACE.nodeNotReadyMs),
  still: duration(1000).default(DEFAULT_REPLACE.stillMs),
});
export type ReplaceEntry = z.infer<typeof ReplaceEntry>;
