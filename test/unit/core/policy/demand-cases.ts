import { sampleApprovals } from '../../../support/run-samples.ts';
import { allow, type PolicyCase, require } from './rules.ts';

const SECURITY = { from: ['security'] };
const operators = allow(['operator']);
const self = sampleApprovals({ requesterMayApprove: true });
const two = sampleApprovals({ required: 2 });

/** Whose approval is asked for. */
export const DEMANDS: readonly PolicyCase[] = [
  {
    says: 'a requirement for the same roles takes the larger number',
    rules: [operators, require({ required: 2 })],
    who: 'olga',
    asks: 'defrag prod',
    gets: 'rule 1 + 2 of approver',
  },
  {
    says: 'a requirement for fewer of the same roles loosens nothing',
    rules: [allow(['operator'], { approvals: two }), require({ required: 1 })],
    who: 'olga',
    asks: 'defrag prod',
    gets: 'rule 1 + 2 of approver',
  },
  {
    says: 'a requirement for other roles stands beside the defaults',
    rules: [operators, require(SECURITY)],
    who: 'olga',
    asks: 'defrag prod',
    gets: 'rule 1 + 1 of approver and 1 of security',
  },
  {
    says: 'a requirement stands beside what the allow asks for',
    rules: [allow(['operator'], { approvals: two }), require(SECURITY)],
    who: 'olga',
    asks: 'defrag prod',
    gets: 'rule 1 + 2 of approver and 1 of security',
  },
  {
    says: 'all requirements that match add up',
    rules: [operators, require(SECURITY), require({ required: 3 })],
    who: 'olga',
    asks: 'defrag prod',
    gets: 'rule 1 + 3 of approver and 1 of security',
  },
  {
    says: 'the same requirement twice asks once',
    rules: [operators, require(SECURITY), require(SECURITY)],
    who: 'olga',
    asks: 'defrag prod',
    gets: 'rule 1 + 1 of approver and 1 of security',
  },
  {
    says: 'the order of roles in a demand does not matter',
    rules: [
      allow(['operator'], { approvals: sampleApprovals({ from: ['security', 'approver'] }) }),
      require({ from: ['approver', 'security'], required: 2 }),
    ],
    who: 'olga',
    asks: 'defrag prod',
    gets: 'rule 1 + 2 of approver or security',
  },
  {
    says: 'a requirement on another cluster asks nothing',
    rules: [operators, require(SECURITY, { clusters: ['stage'] })],
    who: 'olga',
    asks: 'defrag prod',
    gets: 'rule 1 + 1 of approver',
  },
  {
    says: 'a requirement for another command asks nothing',
    rules: [operators, require(SECURITY, { commands: ['restore'] })],
    who: 'olga',
    asks: 'defrag prod',
    gets: 'rule 1 + 1 of approver',
  },
  {
    says: 'the star is no command in a requirement',
    rules: [operators, require(SECURITY, { commands: ['*'] })],
    who: 'olga',
    asks: 'defrag prod',
    gets: 'rule 1 + 1 of approver',
  },
  {
    says: 'a requirement before the allow counts as well',
    rules: [require(SECURITY), operators],
    who: 'olga',
    asks: 'defrag prod',
    gets: 'rule 2 + 1 of approver and 1 of security',
  },
  {
    says: 'further demands of an allow stand',
    rules: [allow(['operator'], { approvals: sampleApprovals({ also: [{ required: 1, from: ['security'] }] }) })],
    who: 'olga',
    asks: 'defrag prod',
    gets: 'rule 1 + 1 of approver and 1 of security',
  },
  {
    says: 'who is in both roles is counted by neither rule twice',
    rules: [operators, require(SECURITY)],
    who: 'both',
    asks: 'defrag prod',
    gets: 'rule 1 + 1 of approver and 1 of security',
  },
  {
    says: 'the requester may approve only where the rule says so',
    rules: [allow(['operator'], { approvals: self })],
    who: 'both',
    asks: 'defrag prod',
    gets: 'rule 1 + 1 of approver, the requester counts',
  },
  {
    says: 'a requirement that does not say so takes that back',
    rules: [allow(['operator'], { approvals: self }), require({})],
    who: 'both',
    asks: 'defrag prod',
    gets: 'rule 1 + 1 of approver',
  },
  {
    says: 'it stays when both say so',
    rules: [allow(['operator'], { approvals: self }), require(self)],
    who: 'both',
    asks: 'defrag prod',
    gets: 'rule 1 + 1 of approver, the requester counts',
  },
];
