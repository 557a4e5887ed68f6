import { expect, test } from 'vitest';
import { createStage, type Stage } from '../../../../playground/demo/stage.ts';
import type { FaultAnswer, FaultOrder } from '../../../../playground/faults/faults.ts';
import type { SwitchOrder } from '../../../../playground/faults/switches.ts';
import type { PlatformMember, PlaygroundPlatform } from '../../../../playground/platforms.ts';
import { startWorkspace } from '../../../../playground/workspace/workspace.ts';

const buildsHost = async (): Promise<string> => await Promise.resolve('set up the machine cp-4');
const nothing = async (): Promise<void> => await Promise.resolve();

/** A stage whose faults are only noted; `prod` can be worked on, `edge` waits for nobody. */
async function withStage(
  play: (
    stage: Stage,
    told: { readonly orders: (FaultOrder | SwitchOrder)[]; readonly lines: string[] },
  ) => Promise<void>,
  answer: FaultAnswer = { ok: true, said: 'It is done.' },
): Promise<void> {
  const [orders, lines]: [(FaultOrder | SwitchOrder)[], string[]] = [[], []];
  const workspace = await startWorkspace();
  const faults = {
    set: async (order: FaultOrder | SwitchOrder) => await Promise.resolve((orders.push(order), answer)),
    of: () => undefined,
    close: async () => await Promise.resolve(),
  };
  const platforms = [platform('prod', buildsHost), platform('edge', null)];
  try {
    await play(
      createStage({ workspace, faults, platforms }, (line) => lines.push(line)),
      { orders, lines },
    );
  } finally {
    await workspace.stop();
  }
}

function platform(name: string, work: PlaygroundPlatform['work']): PlaygroundPlatform {
  const tls = { ca: '', cert: '', key: '' };
  return {
    name,
    members: () => [member(name === 'prod')],
    tls,
    entry: { platform: 'kubeadm' },
    work,
    hint: '',
    stop: nothing,
  };
}

/** Its node has been away for long, where there is one. */
function member(onNode: boolean): PlatformMember {
  const kubelet = { stop: nothing, start: nothing, notReadySince: async () => await Promise.resolve(new Date(0)) };
  return {
    name: 'cp-2',
    clientUrl: '',
    dataDirectory: '',
    pid: () => undefined,
    output: () => '',
    kill: nothing,
    hold: nothing,
    release: nothing,
    powerOff: nothing,
    powerOn: nothing,
    kubelet: onNode ? kubelet : null,
  };
}

test('a fault is set, and the transcript says what was typed and what was done', async () => {
  await withStage(async (stage, { orders, lines }) => {
    expect(await stage.fault(' /fault edge crash-loop member/cp-2')).toBeUndefined();
    expect(orders).toEqual([{ cluster: 'edge', fault: 'crash-loop', member: 'cp-2' }]);
    expect(lines).toEqual(['playground: /fault edge crash-loop member/cp-2', 'playground: It is done.']);
  });
});

test('a node that went off is waited for, a process is not', async () => {
  await withStage(async (stage, { lines }) => {
    await stage.fault('/fault prod stop-machine member/cp-2');
    await stage.fault('/fault edge stop-machine member/cp-2');
    expect(lines.filter((line) => line.includes('Waiting'))).toEqual([
      'playground: Waiting until the cluster has said for 15 s that cp-2 is not ready.',
    ]);
  });
});

test('a switch of a whole cluster is turned, and nothing is waited for', async () => {
  await withStage(async (stage, { orders, lines }) => {
    expect(await stage.fault('/fault prod never-joins off')).toBeUndefined();
    expect(orders).toEqual([{ cluster: 'prod', switch: 'never-joins', on: false }]);
    expect(lines).toEqual(['playground: /fault prod never-joins off', 'playground: It is done.']);
  });
});

test('what speaks against it is answered', async () => {
  const problem = 'm-2 is on no node: its machine can be stopped.';
  await withStage(
    async (stage) => {
      expect(await stage.fault('/fault edge not-ready member/m-2')).toBe(problem);
      expect(await stage.fault('/fault edge melt member/m-2')).toContain('It is typed so');
    },
    { ok: false, problem },
  );
});

test('somebody works for the cluster of a run, where somebody can', async () => {
  await withStage(async (stage, { lines }) => {
    expect(await stage.work('replace-prod-7f3k')).toBeUndefined();
    expect(await stage.work('prod')).toBeUndefined();
    expect(lines).toEqual(Array.from({ length: 2 }, () => 'playground: somebody set up the machine cp-4.'));
    expect(await stage.work('replace-edge-7f3k')).toContain('nobody works outside Drydock');
  });
});
