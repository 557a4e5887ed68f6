import { stringify } from 'yaml';
import type { BackupFacts } from './backup-place.ts';
import type { WindowEntry } from './opening-window.ts';
import { CHANNELS, PEOPLE, type PersonName } from './workspace/seed.ts';

/** What the playground's configuration depends on; everything but the clusters is optional. */
export interface ConfigurationFacts {
  /** What each cluster is and how it is reached. */
  readonly clusters: readonly { readonly name: string; readonly entry: Readonly<Record<string, unknown>> }[];
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
  /** How long a replacement watches its member; default `10s`. */
  readonly watch?: string;
  /** How long the list must stand still after a replacement where an operator adds members; default `10s`. */
  readonly still?: string;
  /** Limits of drains and upgrades, as `nodes:` has them; default: some minutes. */
  readonly nodes?: Readonly<Record<string, unknown>>;
  /** Approvals that a defragmentation of `prod` needs; default 2. Elsewhere one is enough. */
  readonly approvals?: number;
  /** How long a plan waits for them; default `30m`. */
  readonly expires?: string;
  /** Who may give commands that change something; default `operator`. */
  readonly operators?: readonly PersonName[];
}

const READING = ['status', 'members', 'alarms', 'backups', 'nodegroups', 'audit'];
const NODES = ['drain', 'uncordon', 'upgrade', 'undo'];
const CONTROL = ['freeze', 'thaw', 'lock', 'unlock', 'schedule', 'unschedule'];

/** How long a replacement watches a member before anybody is asked: the product's two minutes are long for a demo. */
const WATCH = '10s';

/** The same of its last look. */
const STILL = '10s';

/** How long a node must be said not to be ready before Drydock believes it here, ms: the product's minute is long for a demo. */
export const NODE_NOT_READY_MS = 15_000;

/** Limits of drains and upgrades: the product's hours are long for a demo. */
const NODE_LIMITS = {
  drain: { node: '5m', whole: '15m', stuck: '15s' },
  upgrade: { machine: '3m', stall: '4m', roll: '15m' },
} as const;

/** What the configuration says of the etcd of every cluster beside the way there. */
export function etcdSettings(facts: Omit<ConfigurationFacts, 'clusters'>): Readonly<Record<string, unknown>> {
  const { pause = '3s', sample = '500ms', answerWithin = '2m', watch = WATCH, still = STILL } = facts;
  const replace = { watch, still, nodeNotReady: `${NODE_NOT_READY_MS / 1_000}s` };
  return { defrag: { pause, sample, answerWithin }, replace };
}

/** The playground's `drydock.yaml`. */
export function drydockYaml(facts: ConfigurationFacts): string {
  const { approvals = 2, backups = null, edgeWindow = null, expires = '30m', operators = ['operator'] } = facts;
  const channels = { ops: CHANNELS.ops, incidents: CHANNELS.incidents, audit: CHANNELS.audit };
  const shared = { channels, ...(backups === null ? {} : { backups: backupsOf(backups) }) };
  const clusters = facts.clusters.map(({ name }) => name);
  const entries = facts.clusters.map(({ name, entry }) => {
    const when = name === 'edge' && edgeWindow !== null ? { windows: [edgeWindow] } : {};
    const nodes = entry['platform'] === 'etcd' ? {} : { nodes: facts.nodes ?? NODE_LIMITS };
    return [name, { ...entry, ...nodes, ...when, ...shared }] as const;
  });
  return stringify({
    version: 1,
    http: { host: '127.0.0.1' },
    clusters: Object.fromEntries(entries),
    ...(backups === null ? {} : { drills: { folder: backups.drills } }),
    roles: {
      operator: { users: operators.map((name) => PEOPLE[name]) },
      approver: { users: [PEOPLE['approver-1'], PEOPLE['approver-2']] },
    },
    policy: [
      ...(clusters.includes('prod') ? [moreForProd(approvals)] : []),
      {
        clusters,
        commands: [...READING, 'defrag', 'backup', 'drill', 'replace', ...NODES, ...CONTROL],
        allow: ['operator'],
      },
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

function moreForProd(required: number): object {
  return { clusters: ['prod'], commands: ['defrag'], allow: ['operator'], approvals: { required } };
}
