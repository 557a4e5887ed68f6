/** What tests schedule: the valve runbook, at the times that the scene's calendar says. */
export const VALVE_SCHEDULE = {
  cluster: 'prod',
  cron: 'times',
  tz: 'UTC',
  text: '/kube valve prod',
  command: 'valve',
  policyVerb: 'valve',
  flags: [],
  order: {
    runbook: 'valve-turn',
    cluster: 'prod',
    params: { valves: ['cluster/prod/valves'] },
    dryRun: false,
    waitForLock: false,
  },
};
