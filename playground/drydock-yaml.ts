import { stringify } from 'yaml';
import type { EtcdRing } from './etcd-ring.ts';
import { CHANNELS, PEOPLE, type PersonName } from './workspace/seed.ts';

/** What the playground's configuration depends on; everything but the ring is optional. */
export interface ConfigurationFacts {
  readonly ring: Pick<EtcdRing, 'endpoints' | 'tls'>;
  /** Between members of a defragmentation; default `3s`. */
  readonly pause?: string;
  /** Between the two samples of the health gate; default `500ms`. */
  readonly sample?: string;
  /** How long a member may take to answer after a call; default `2m`. */
  readonly answerWithin?: string;
  /** Approvals that a plan needs; default 1. */
  readonly approvals?: number;
  /** How long a plan waits for them; default `30m`. */
  readonly expires?: string;
  /** Who may give commands that change something; default `operator`. */
  readonly operators?: readonly PersonName[];
}

const READING = ['status', 'members', 'alarms'];

/** The playground's `drydock.yaml`: one cluster `prod`, a bare etcd ring reached directly. */
export function drydockYaml(facts: ConfigurationFacts): string {
  const { pause = '3s', sample = '500ms', answerWithin = '2m', expires = '30m', operators = ['operator'] } = facts;
  return stringify({
    version: 1,
    http: { host: '127.0.0.1' },
    clusters: {
      prod: {
        platform: 'etcd',
        etcd: {
          access: 'direct',
          endpoints: facts.ring.endpoints,
          tls: facts.ring.tls,
          defrag: { pause, sample, answerWithin },
        },
        channels: { ops: CHANNELS.ops, incidents: CHANNELS.incidents, audit: CHANNELS.audit },
      },
    },
    roles: {
      operator: { users: operators.map((name) => PEOPLE[name]) },
      approver: { users: [PEOPLE['approver-1'], PEOPLE['approver-2']] },
    },
    policy: [
      { clusters: ['prod'], commands: [...READING, 'defrag'], allow: ['operator'] },
      { clusters: ['prod'], commands: READING, allow: ['approver'] },
    ],
    defaults: {
      approvals: {
        required: facts.approvals ?? 1,
        from: ['approver'],
        requesterMayApprove: false,
        expires,
      },
    },
  });
}
