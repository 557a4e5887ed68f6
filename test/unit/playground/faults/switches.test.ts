import { beforeEach, expect, test } from 'vitest';
import { capiSwitches } from '../../../../playground/faults/capi-switches.ts';
import { createFaultBook, type FaultBook } from '../../../../playground/faults/faults.ts';
import { type ClusterSwitch, SWITCH_NAMES, type SwitchName } from '../../../../playground/faults/switches.ts';
import type { PlaygroundPlatform } from '../../../../playground/platforms.ts';

let done: string[];
let argoIsOn: boolean;
let switches: readonly ClusterSwitch[];
let book: FaultBook;
const knobs = { neverBoots: false, neverJoins: false, vanishes: false, asleep: false, bootMs: 0, blinkMs: 0 };

beforeEach(() => {
  done = [];
  argoIsOn = false;
  Object.assign(knobs, { neverJoins: false, vanishes: false });
  switches = capiSwitches({
    capi: { knobs, adopt: noted('adopt'), management: { apiServer: apiServer() } },
    argo: {
      isOn: () => argoIsOn,
      turnOn: async () => await setArgo(true),
      turnOff: async () => await setArgo(false),
      commitLive: noted('commit'),
    },
    workload: {
      setNeeded: async (needed) => await Promise.resolve(void done.push(`needs ${needed}`)),
      holdPods: async () => await Promise.resolve((done.push('hold'), ['nginx-a', 'nginx-b'])),
      releasePods: noted('release'),
    },
  });
  const platform = { ...nowhere(), name: 'capi', switches };
  book = createFaultBook(() => [platform, { ...nowhere(), name: 'prod' }]);
});

function noted(what: string) {
  return async (): Promise<void> => await Promise.resolve(void done.push(what));
}

async function setArgo(on: boolean): Promise<void> {
  argoIsOn = on;
  await noted(on ? 'argo on' : 'argo off')();
}

function apiServer() {
  return {
    down: noted('down'),
    up: noted('up'),
    blink: noted('blink'),
    running: () => true,
    waitReady: noted('wait'),
    stop: noted('stop'),
  };
}

function nowhere(): PlaygroundPlatform {
  const tls = { ca: '', cert: '', key: '' };
  return { name: '', members: () => [], tls, entry: {}, work: null, hint: '', stop: noted('stop') };
}

async function turn(name: SwitchName, on = true): Promise<string> {
  const answer = await book.set({ cluster: 'capi', switch: name, on });
  return answer.ok ? answer.said : answer.problem;
}

function isOn(name: SwitchName): boolean | null | undefined {
  return switches.find((each) => each.name === name)?.isOn();
}

test('a Cluster API cluster has every switch there is, once, and all are off', () => {
  expect(switches.map(({ name }) => name)).toEqual([...SWITCH_NAMES]);
  expect(switches.map((each) => each.isOn() ?? false)).toEqual(SWITCH_NAMES.map(() => false));
});

test.each([
  ['self-heal', ['argo on', 'argo off']],
  ['budget-blocks', ['needs 10', 'needs 8']],
  ['never-ends', ['hold', 'release']],
  ['management-away', ['down', 'up']],
  ['never-joins', []],
  ['vanishes', []],
] as const)('%s goes on and off again', async (name, calls) => {
  const said = [await turn(name)];
  const first = isOn(name);
  said.push(await turn(name, false));

  expect([first, isOn(name), done]).toEqual([true, false, calls]);
  expect(said.every((each) => each.endsWith('.'))).toBe(true);
  expect(said[0]).not.toBe(said[1]);
});

test('new machines join or do not, as the knob says', async () => {
  await turn('never-joins');
  const first = knobs.neverJoins;
  await turn('never-joins', false);

  expect([first, knobs.neverJoins]).toEqual([true, false]);
});

test('what is held stands in the answer, and is not held twice', async () => {
  expect(await turn('never-ends')).toContain('nginx-a, nginx-b');
  expect(await turn('never-ends')).toBe('never-ends on capi: it is on already.');
  expect(done).toEqual(['hold']);
});

test('a ClusterClass is for good', async () => {
  await turn('topology');
  await turn('topology');

  expect(await turn('topology', false)).toContain('stays one of its ClusterClass');
  expect([done, isOn('topology')]).toEqual([['adopt'], true]);
});

test('only what stands in Git can be committed', async () => {
  expect(await turn('commit')).toContain('switch self-heal on first');
  await turn('self-heal');
  await turn('commit');

  expect(done).toEqual(['argo on', 'commit']);
});

test('a cluster without the switch says which there are', async () => {
  expect(await book.set({ cluster: 'prod', switch: 'self-heal', on: true })).toEqual({
    ok: false,
    problem: 'prod has no self-heal: there is none.',
  });
});
