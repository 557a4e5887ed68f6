import { stringify } from 'yaml';
import type { BackupFacts } from './backup-place.ts';
import type { EtcdRing } from './etcd-ring.ts';
import type { WindowEntry } from './opening-window.ts';
import { CHANNELS, PEOPLE, type PersonName } from './workspace/seed.ts';

/** A bare ring, reached directly. */
type RingFacts = Pick<EtcdRing, 'endpoints' | 'tls'>;

/** A cluster whose etcd is reached through its API server. */
export interface ClusterFacts {
  readonly kubeconfig: string;
  readonly context: string;
  /** Default `tunnel`. */
  readonly access?: 'exec' | 'tunnel';
  /** Client certificate for `tunnel`. */
  readonly tls: EtcdRing['tls'];
}

/** What the playground's configuration depends on; everything but the clusters is optional. */
export interface ConfigurationFacts {
  /** What `prod` is. */
  readonly prod: { readonly ring: RingFacts } | { readonly cluster: ClusterFacts };
  /** The bare ring `edge`; `null`: there is none. */
  readonly edge: RingFacts | null;
  /** When `edge` may be changed; `null` or left out: at any time. */
  readonly edgeWindow?: WindowEntry | null;
  /** Where backups of all clusters go; `null` or left out: none are configured. */
  readonly backups?: BackupFacts | null;
  /** Between members of a defragmentation; default `3s`. */
  readonly pause?: string;
  /** Between the two samples of the health gate; default `500ms`. */
  readonly sample?: string;
  /** How long a member may take to answer after a call; default `2m`. */
  readonly answerWithin?: string;
  /** Approvals that a defragmentation of `prod` needs; default 2. Elsewhere one is enough. */
  readonly approvals?: number;
  /** How long a plan waits for them; default `30m`. */
  readonly expires?: string;
  /** Who may give commands that change something; default `operator`. */
  readonly operators?: readonly PersonName[];
}

const READING = ['status', 'members', 'alarms', 'backups', 'audit'];
const CONTROL = ['freeze', 'thaw', 'lock', 'unlock', 'schedule', 'unschedule'];

/** The playground's `drydock.yaml`: `prod`, a kubeadm cluster or a bare ring, and perhaps the bare ring `edge`. */
export function drydockYaml(facts: ConfigurationFacts): string {
  const { pause = '3s', sample = '500ms', answerWithin = '2m', expires = '30m', operators = ['operator'] } = facts;
  const { approvals = 2, backups = null } = facts;
  const defrag = { pause, sample, answerWithin };
  const channels = { ops: CHANNELS.ops, incidents: CHANNELS.incidents, audit: CHANNELS.audit };
  const prod = 'ring' in facts.prod ? bareRing(facts.prod.ring, defrag) : kubeadm(facts.prod.cluster, defrag);
  // No image is pulled here: any program of this machine may run in a node shell.
  const shell = 'cluster' in facts.prod && backups !== null ? { nodeShell: { image: 'busybox:1.37' } } : {};
  const shared = { channels, ...(backups === null ? {} : { backups: backupsOf(backups) }) };
  const { edgeWindow = null } = facts;
  const when = edgeWindow === null ? {} : { windows: [edgeWindow] };
  const edge = facts.edge === null ? {} : { edge: { ...bareRing(facts.edge, defrag), ...when, ...shared } };
  const clusters = facts.edge === null ? ['prod'] : ['prod', 'edge'];
  return stringify({
    version: 1,
    http: { host: '127.0.0.1' },
    clusters: { prod: { ...prod, ...shell, ...shared }, ...edge },
    ...(backups === null ? {} : { drills: { folder: backups.drills } }),
    roles: {
      operator: { users: operators.map((name) => PEOPLE[name]) },
      approver: { users: [PEOPLE['approver-1'], PEOPLE['approver-2']] },
    },
    policy: [
      { clusters: ['prod'], commands: ['defrag'], allow: ['operator'], approvals: { required: approvals } },
      { clusters, commands: [...READING, 'defrag', 'backup', 'drill', ...CONTROL], allow: ['operator'] },
      { clusters, commands: READING, allow: ['approver'] },
    ],
    defaults: {
      approvals: {
        required: 1,
        from: ['approver'],
        requesterMayApprove: false,
        expires,
      },
    },
  });
}

function backupsOf({ store, recipient, identityFile }: BackupFacts): object {
  return {
    store: { type: 'file', path: store },
    retention: { keepLast: 3 },
    encryption: { recipients: [recipient], identityFile },
  };
}

function bareRing({ endpoints, tls }: RingFacts, defrag: object): object {
  return { platform: 'etcd', etcd: { access: 'direct', endpoints, tls, defrag } };
}

function kubeadm({ kubeconfig, context, access = 'tunnel', tls }: ClusterFacts, defrag: object): object {
  const etcd = access === 'exec' ? { access, defrag } : { access, tls, defrag };
  return { platform: 'kubeadm', kubeconfig, context, etcd };
}
