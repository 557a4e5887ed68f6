import { expect, test } from 'vitest';
import { readArguments } from '../../../playground/demo/arguments.ts';

test('without arguments it reads from the terminal as the operator', () => {
  expect(readArguments([])).toEqual({
    runs: [],
    as: 'operator',
    verdict: undefined,
    timeoutMs: 600_000,
    clusters: ['prod', 'edge'],
  });
});

test('all arguments', () => {
  const words = [
    '--run',
    '/kube defrag prod',
    '--run',
    '/kube status prod',
    '--reject',
    '--as',
    'approver-2',
    '--timeout',
    '90s',
    '--fill',
    '24',
    '--access',
    'tunnel',
    '--window',
    '45s',
  ];

  expect(readArguments(words)).toEqual({
    runs: ['/kube defrag prod', '/kube status prod'],
    as: 'approver-2',
    verdict: 'reject',
    timeoutMs: 90_000,
    clusters: ['prod', 'edge'],
    fillMib: 24,
    access: 'tunnel',
    windowMs: 45_000,
  });
});

test.for([
  [['--approve', '--reject', '--run', '/kube x'], '--approve and --reject exclude each other'],
  [['--run', '/kube x', '--as', 'nobody'], '--as: there is no nobody'],
  [['--run', '/kube x', '--timeout', 'soon'], '--timeout: soon is not a time'],
  [['--run', '/kube x', '--timeout', '0s'], '--timeout: 0s is not a time'],
  [['--run', 'defrag prod'], '--run: "defrag prod" is not a slash command'],
  [['--run', '/kube x', '--fill', '0'], '--fill: 0 is not a number from 1 to 999'],
  [['--run', '/kube x', '--access', 'ssh'], '--access: ssh is not exec or tunnel'],
  [['--run', '/kube x', '--window', 'soon'], '--window: soon is not a time'],
  [['--run', '/kube x', '--window', '13h'], '--window: 13h is not a time such as 90s or 10m, at most 12h'],
  [['--run', '/kube x', '--clusters', 'prod,mars'], '--clusters: prod,mars is not a list of prod, edge, ocp, capi'],
  [['--run', '/fault prod crash-loop'], '--run: It is typed so: /fault <cluster> stop-machine|'],
  [['--run', '/fault prod melt member/cp-1'], '|clear member/M'],
  [['--approve'], '--approve and --reject need --run'],
  [['--yes'], "Unknown option '--yes'"],
] as const)('%j is refused: %s', ([words, problem]) => {
  expect(readArguments(words)).toEqual({ problem: expect.stringContaining(problem) });
});

test.for([
  [['--run', '/kube defrag prod'], ['prod']],
  [
    ['--run', '/kube clusters'],
    ['prod', 'edge'],
  ],
  [['--run', '/kube status edge'], ['edge']],
  [['--run', '/fault ocp crash-loop member/cp-2', '--run', '/kube replace ocp member/cp-2'], ['ocp']],
  [
    ['--run', '/kube status capi', '--run', '/kube status prod'],
    ['prod', 'capi'],
  ],
  [
    ['--run', '/kube status prod', '--clusters', 'capi, prod'],
    ['prod', 'capi'],
  ],
] as const)('%j starts %j', ([words, clusters]) => {
  expect(readArguments(words)).toMatchObject({ clusters });
});
