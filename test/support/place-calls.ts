/** The announced calls of a replacement on the same host by ssh, in their order. */
export const PLACE_CALLS = [
  'disable',
  'stop',
  'remove-member',
  'set-aside-data',
  'add-learner',
  'write-config',
  'enable',
  'start',
  'promote',
] as const;
