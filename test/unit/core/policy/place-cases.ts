import { allow, deny, type PolicyCase, require } from './rules.ts';

const SECURITY = { from: ['security'] };
const operators = allow(['operator']);
const offsite = { channels: ['C0OPS'] } as const;

/** With flags. */
export const FLAGS: readonly PolicyCase[] = [
  {
    says: 'a requirement for a flag asks nothing without it',
    rules: [operators, require(SECURITY, { flags: ['all'] })],
    who: 'olga',
    asks: 'defrag prod',
    gets: 'rule 1 + 1 of approver',
  },
  {
    says: 'a requirement for a flag asks for more with it',
    rules: [operators, require(SECURITY, { flags: ['all'] })],
    who: 'olga',
    asks: 'defrag prod --all',
    gets: 'rule 1 + 1 of approver and 1 of security',
  },
  {
    says: 'one of several flags is enough',
    rules: [operators, require(SECURITY, { flags: ['over-healthy', 'all'] })],
    who: 'olga',
    asks: 'defrag prod --all --wait',
    gets: 'rule 1 + 1 of approver and 1 of security',
  },
  {
    says: 'another flag is not enough',
    rules: [operators, require(SECURITY, { flags: ['over-healthy'] })],
    who: 'olga',
    asks: 'defrag prod --all',
    gets: 'rule 1 + 1 of approver',
  },
  {
    says: 'a deny for an override refuses it',
    rules: [operators, deny(['*'], { flags: ['ignore-budgets'] })],
    who: 'olga',
    asks: 'defrag prod --ignore-budgets',
    gets: 'denied',
  },
  {
    says: 'a deny for an override leaves the command without it',
    rules: [operators, deny(['*'], { flags: ['ignore-budgets'] })],
    who: 'olga',
    asks: 'defrag prod',
    gets: 'rule 1 + 1 of approver',
  },
  {
    says: 'a deny for every command and a flag',
    rules: [operators, deny(['*'], { commands: ['*'], flags: ['outside-window'] })],
    who: 'olga',
    asks: 'defrag prod --outside-window',
    gets: 'denied',
  },
];

/** In channels. */
export const CHANNELS: readonly PolicyCase[] = [
  {
    says: 'an allow in a channel permits there',
    rules: [allow(['operator'], offsite)],
    who: 'olga',
    asks: 'defrag prod',
    gets: 'rule 1 + 1 of approver',
  },
  {
    says: 'an allow in a channel does not permit elsewhere',
    rules: [allow(['operator'], offsite)],
    who: 'olga',
    asks: 'defrag prod',
    in: 'C0RANDOM',
    gets: 'wrong-channel',
  },
  {
    says: 'an allow in a channel does not permit where the channel is not known',
    rules: [allow(['operator'], offsite)],
    who: 'olga',
    asks: 'defrag prod',
    in: null,
    gets: 'wrong-channel',
  },
  {
    says: 'who has no role learns nothing of channels',
    rules: [allow(['operator'], offsite)],
    who: 'vera',
    asks: 'defrag prod',
    in: 'C0RANDOM',
    gets: 'not-permitted',
  },
  {
    says: 'a deny in a channel refuses there',
    rules: [operators, deny(['*'], { channels: ['C0RANDOM'] })],
    who: 'olga',
    asks: 'defrag prod',
    in: 'C0RANDOM',
    gets: 'denied',
  },
  {
    says: 'a deny in a channel refuses nothing elsewhere',
    rules: [operators, deny(['*'], { channels: ['C0RANDOM'] })],
    who: 'olga',
    asks: 'defrag prod',
    gets: 'rule 1 + 1 of approver',
  },
  {
    says: 'a deny in a channel refuses where the channel is not known',
    rules: [operators, deny(['*'], { channels: ['C0RANDOM'] })],
    who: 'olga',
    asks: 'defrag prod',
    in: null,
    gets: 'denied',
  },
  {
    says: 'a requirement in a channel asks for more there',
    rules: [operators, require(SECURITY, { channels: ['C0INC'] })],
    who: 'olga',
    asks: 'defrag prod',
    in: 'C0INC',
    gets: 'rule 1 + 1 of approver and 1 of security',
  },
  {
    says: 'a requirement in a channel asks nothing elsewhere',
    rules: [operators, require(SECURITY, { channels: ['C0INC'] })],
    who: 'olga',
    asks: 'defrag prod',
    gets: 'rule 1 + 1 of approver',
  },
  {
    says: 'a requirement in a channel asks where the channel is not known',
    rules: [operators, require(SECURITY, { channels: ['C0INC'] })],
    who: 'olga',
    asks: 'defrag prod',
    in: null,
    gets: 'rule 1 + 1 of approver and 1 of security',
  },
];
