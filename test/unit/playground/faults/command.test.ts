import { expect, test } from 'vitest';
import { faultNamed, isFaultLine, readFaultLine, switchNamed } from '../../../../playground/faults/command.ts';
import { FAULT_KINDS, offersFor } from '../../../../playground/faults/kinds.ts';
import { SWITCH_NAMES } from '../../../../playground/faults/switches.ts';

test.each([
  ['/fault ocp crash-loop member/cp-2', { cluster: 'ocp', fault: 'crash-loop', member: 'cp-2' }],
  ['  /fault  edge   clear  member/m-1 ', { cluster: 'edge', fault: 'clear', member: 'm-1' }],
  ['/fault prod stop-machine node/cp-3', { cluster: 'prod', fault: 'stop-machine', member: 'cp-3' }],
  ['/fault capi self-heal', { cluster: 'capi', switch: 'self-heal', on: true }],
  [' /fault capi  budget-blocks on ', { cluster: 'capi', switch: 'budget-blocks', on: true }],
  ['/fault capi never-joins off', { cluster: 'capi', switch: 'never-joins', on: false }],
])('%s', (line, order) => {
  expect(isFaultLine(line)).toBe(true);
  expect(readFaultLine(line)).toEqual(order);
});

test.each([
  '/fault',
  '/fault prod',
  '/fault prod melt member/cp-1',
  '/fault prod corrupt cp-1',
  '/fault prod corrupt pod/cp-1',
  '/fault prod corrupt member/cp-1 now',
  '/fault prod corrupt member/',
  '/fault capi self-heal member/cp-1',
  '/fault capi self-heal on now',
  '/fault capi corrupt on',
])('%s is answered with how it is typed', (line) => {
  expect(readFaultLine(line)).toEqual({
    problem: expect.stringMatching(/^It is typed so: \/fault <cluster> .*\|clear/),
  });
});

test('other lines are for Slack', () => {
  for (const line of ['/kube defrag prod', '/faults prod', 'fault prod', '/kube /fault'])
    expect(isFaultLine(line)).toBe(false);
});

test('every fault and every switch is found by its name, and where there is no kubelet none can be stopped', () => {
  for (const { name } of FAULT_KINDS) expect([faultNamed(name), switchNamed(name)]).toEqual([name, undefined]);
  for (const name of SWITCH_NAMES) expect([faultNamed(name), switchNamed(name)]).toEqual([undefined, name]);
  expect(faultNamed('toString')).toBeUndefined();
  expect(offersFor({ kubelet: null })).toEqual(['stop-machine', 'crash-loop', 'corrupt', 'fill-disk']);
});
