import { type Arbitrary, array, boolean, constant, constantFrom, oneof, record, subarray } from 'fast-check';
import type { Approvals, Demand } from '../../../../src/core/plan.ts';
import type { PolicyRule, Question, When } from '../../../../src/core/policy.ts';

/** Roles of arbitrary rules. */
export const ROLE_NAMES = ['operator', 'approver', 'security', 'lead'] as const;
/** People of arbitrary policies. */
export const PEOPLE = ['p1', 'p2', 'p3', 'p4', 'p5'] as const;

const roles = subarray<string>([...ROLE_NAMES], { minLength: 1 });
const demand: Arbitrary<Demand> = record({ required: constantFrom(1, 2), from: roles });

/** Any approvals, with further demands, reminders and escalations or without. */
export const approvals: Arbitrary<Approvals> = record(
  {
    required: constantFrom(1, 2, 3),
    from: roles,
    requesterMayApprove: boolean(),
    expiresMs: constantFrom(60_000, 1_800_000),
    also: array(demand, { minLength: 1, maxLength: 2 }),
    remindMs: constantFrom(1000, 5000),
    escalate: record({ afterMs: constantFrom(1000, 9000), to: roles }),
  },
  { requiredKeys: ['required', 'from', 'requesterMayApprove', 'expiresMs'] },
);

const when: Arbitrary<When> = oneof(
  constantFrom<When>('outside-window'),
  record({ hours: constantFrom('Mon-Fri 09:00-17:00', '22:00-06:00', 'never'), tz: constantFrom('UTC', 'Mars/Base') }),
);
const scope = {
  clusters: subarray<string>(['prod', 'dev', '*']),
  commands: subarray<string>(['defrag', 'restore', 'status']),
};
const conditions = { channels: subarray<string>(['C1', 'C2']), when };
const flags = subarray<string>(['all', 'over-healthy']);

/** Any rule that denies. */
export const denyRule: Arbitrary<PolicyRule> = record(
  { ...scope, ...conditions, flags, deny: subarray<string>([...ROLE_NAMES, '*']) },
  { requiredKeys: ['clusters', 'commands', 'deny'] },
);

/** Any rule that asks for more. */
export const requireRule: Arbitrary<PolicyRule> = record(
  { ...scope, ...conditions, flags, require: approvals },
  { requiredKeys: ['clusters', 'commands', 'require'] },
);

const allowRule: Arbitrary<PolicyRule> = record(
  {
    ...scope,
    ...conditions,
    allow: subarray<string>([...ROLE_NAMES]),
    approvals: oneof<[Arbitrary<null>, Arbitrary<Approvals>]>(constant(null), approvals),
  },
  { requiredKeys: ['clusters', 'commands', 'allow', 'approvals'] },
);

/** Any few rules. */
export const rules = array(oneof(allowRule, allowRule, denyRule, requireRule), { maxLength: 6 });

/** Any question of a person of the team `T0`. */
export const question: Arbitrary<Question> = record({
  actor: record({ team: constantFrom('T0'), user: constantFrom<string>(...PEOPLE) }),
  channel: constantFrom(null, 'C1', 'C2', 'C3'),
  cluster: constantFrom('prod', 'dev'),
  verb: constantFrom('defrag', 'restore', 'status'),
  flags: subarray<string>(['all', 'over-healthy', 'wait']),
  nowMs: constantFrom(null, Date.parse('2026-11-25T12:00:00.000Z'), Date.parse('2026-11-28T23:00:00.000Z')),
  outsideWindow: boolean(),
});

/** Who has which role. */
export const membership = record({
  operator: subarray<string>([...PEOPLE]),
  approver: subarray<string>([...PEOPLE]),
  security: subarray<string>([...PEOPLE]),
  lead: subarray<string>([...PEOPLE]),
});
