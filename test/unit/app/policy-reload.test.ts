import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { makeTemporaryDirectory, removeDirectory } from '../../../playground/directories.ts';
import { canonicalDigest } from '../../../src/adapters/runtime/canonical-digest.ts';
import { systemCalendar } from '../../../src/adapters/time/calendar.ts';
import { createLivePolicy, type LivePolicy } from '../../../src/app/live-policy.ts';
import { createPolicyNews } from '../../../src/app/policy-news.ts';
import { createPolicyReload, type PolicyReload } from '../../../src/app/policy-reload.ts';
import type { GroupTrouble } from '../../../src/app/read-groups.ts';
import type { SharedValues } from '../../../src/app/stores.ts';
import type { Config } from '../../../src/config/config.ts';
import { loadConfig } from '../../../src/config/load.ts';
import type { AuditEntry } from '../../../src/core/audit.ts';
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts';
import { createRecordingLog, type RecordingLog } from '../../support/recording-log.ts';
import { COMMANDS, ENV, GOOD } from '../config/support.ts';

/** What all processes share. */
interface Installation {
  readonly shared: SharedValues;
  readonly entries: AuditEntry[];
  away: boolean;
}

interface Scene {
  readonly reload: PolicyReload;
  readonly live: LivePolicy;
  readonly log: RecordingLog;
  readonly outcomes: string[];
  readonly clock: FakeClock;
  trouble: GroupTrouble | null;
}

let folder: string;
let file: string;
let installation: Installation;

beforeEach(async () => {
  folder = await makeTemporaryDirectory('policy');
  onTestFinished(async () => {
    await removeDirectory(folder);
  });
  file = join(folder, 'drydock.yaml');
  await writeFile(file, GOOD);
  installation = createInstallation();
});

function createInstallation(): Installation {
  const values = new Map<string, string>();
  const own: { away: boolean } = { away: false };
  async function reach<T>(work: () => T): Promise<T> {
    return await (own.away ? Promise.reject(new Error('away')) : Promise.resolve(work()));
  }
  return Object.assign(own, {
    entries: [],
    shared: {
      get: async (name: string) => await reach(() => values.get(name) ?? null),
      set: async (name: string, value: string) => await reach(() => void values.set(name, value)),
      claim: async (name: string) =>
        await reach(() => {
          if (values.has(name)) return false;
          values.set(name, '1');
          return true;
        }),
    },
  });
}

/** A process that started with what is in the file. */
async function start(): Promise<Scene> {
  const config = await configNow();
  const live = createLivePolicy(config, { get: () => 'T1' }, { of: () => [] });
  const log = createRecordingLog();
  const outcomes: string[] = [];
  const clock = createFakeClock();
  const audit = async (entries: readonly AuditEntry[]) => void installation.entries.push(...entries);
  const scene: Scene = {
    live,
    log,
    outcomes,
    clock,
    trouble: null,
    reload: createPolicyReload({
      started: config,
      role: 'bot',
      commands: COMMANDS,
      cronProblem: (spec) => systemCalendar.problem(spec),
      live,
      news: createPolicyNews({ shared: installation.shared, audit, clock, log }),
      digest: canonicalDigest,
      metrics: { policyReload: (outcome) => outcomes.push(outcome) },
      clock,
      log,
      tryGroups: async () => await Promise.resolve(scene.trouble),
    }),
  };
  await looks(scene, 2);
  return scene;
}

async function configNow(): Promise<Config> {
  const loaded = await loadConfig({
    env: { ...ENV, DRYDOCK_CONFIG: file },
    role: 'bot',
    commands: COMMANDS,
    cronProblem: (spec) => systemCalendar.problem(spec),
    folder,
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.config;
}

async function looks({ reload }: Scene, times: number): Promise<void> {
  for (let each = 0; each < times; each += 1) await reload.look();
}

function approversOf({ live }: Scene): readonly string[] {
  return live.peopleOf('approver');
}

const MORE = GOOD.replace('[U0APPROVER1, U0APPROVER2]', '[U0APPROVER1, U0NEW]');

describe('a changed policy', () => {
  test('is in force when the file had the same content twice, audited with both digests and what changed', async () => {
    const scene = await start();
    const before = canonicalDigest.of(JSON.parse(JSON.stringify(policyOf(await configNow()))));
    await writeFile(file, MORE);
    await looks(scene, 1);
    expect(approversOf(scene)).toEqual(['U0APPROVER1', 'U0APPROVER2']);
    await looks(scene, 1);

    expect(approversOf(scene)).toEqual(['U0APPROVER1', 'U0NEW']);
    expect(scene.outcomes).toEqual(['taken']);
    const after = canonicalDigest.of(JSON.parse(JSON.stringify(policyOf(await configNow()))));
    const changes = ['Role approver is now with U0NEW and without U0APPROVER2.'];
    expect(installation.entries).toMatchObject([
      { action: 'policy-changed', detail: { digestBefore: before, digestAfter: after, changes } },
    ]);
  });

  test('by a comment changes nothing and is told to nobody', async () => {
    const scene = await start();
    await writeFile(file, `${GOOD}# nothing\n`);
    await looks(scene, 3);

    expect([scene.outcomes, installation.entries]).toEqual([[], []]);
  });

  test('half a file is never judged, whatever it says so far', async () => {
    const scene = await start();
    const half = GOOD.slice(0, GOOD.indexOf('policy:'));
    for (const text of [half, '', MORE]) {
      await writeFile(file, text);
      await looks(scene, 1);
    }
    expect([scene.outcomes, approversOf(scene)]).toEqual([[], ['U0APPROVER1', 'U0APPROVER2']]);
    await looks(scene, 1);

    expect([scene.outcomes, approversOf(scene)]).toEqual([['taken'], ['U0APPROVER1', 'U0NEW']]);
  });

  test('a link that is swapped, as Kubernetes does with a ConfigMap, is followed', async () => {
    for (const [name, text] of [
      ['one', GOOD],
      ['two', MORE],
    ] as const) {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, 'drydock.yaml'), text);
    }
    await rm(file);
    await symlink('one', join(folder, '..data'));
    await symlink('..data/drydock.yaml', file);
    const scene = await start();
    await symlink('two', join(folder, '..data_tmp'));
    await rename(join(folder, '..data_tmp'), join(folder, '..data'));
    await looks(scene, 2);

    expect(approversOf(scene)).toEqual(['U0APPROVER1', 'U0NEW']);
  });

  test('somebody who asks for it waits for two looks', async () => {
    const scene = await start();
    await writeFile(file, MORE);
    const { clock } = scene;
    const asked = scene.reload.now();
    await expect.poll(() => clock.sleepers()).toBe(1);
    await clock.advance(500);
    await asked;

    expect(approversOf(scene)).toEqual(['U0APPROVER1', 'U0NEW']);
  });
});

function policyOf({ roles, rules, defaultApprovals, longestStandingMs }: Config) {
  return { roles, rules, defaultApprovals, longestStandingMs };
}

describe('a file that is refused', () => {
  test.each([
    [
      'a rule names a role that is not there',
      GOOD.replace('allow: [operator]', 'allow: [nobody]'),
      /no role of this name/,
    ],
    ['no YAML', `${GOOD}\n\t{`, /drydock\.yaml/],
    [
      'a cluster changed too',
      MORE.replace('pause: 90s', 'pause: 80s'),
      /clusters\.prod changed, which needs a restart/,
    ],
    ['another part changed too', `${MORE}runs: { keepFinished: 1d }\n`, /runs changed, which needs a restart/],
  ])('%s: nothing of it is taken, and it is told once', async (_what, text, words) => {
    const scene = await start();
    await writeFile(file, text);
    await looks(scene, 4);

    expect(approversOf(scene)).toEqual(['U0APPROVER1', 'U0APPROVER2']);
    expect(scene.outcomes).toEqual(['refused']);
    expect(scene.log.lines.filter(({ level }) => level === 'error')).toMatchObject([
      { message: 'the changed configuration file was refused; the policy stays as it is' },
    ]);
    expect(installation.entries).toMatchObject([
      { action: 'policy-refused', detail: { problems: expect.arrayContaining([expect.stringMatching(words)]) } },
    ]);
    await writeFile(file, MORE);
    await looks(scene, 2);
    expect([scene.outcomes, approversOf(scene)]).toEqual([
      ['refused', 'taken'],
      ['U0APPROVER1', 'U0NEW'],
    ]);
  });

  test('a file that is gone leaves the policy as it is', async () => {
    const scene = await start();
    await rm(file);
    await looks(scene, 3);
    expect([scene.outcomes, approversOf(scene).length]).toEqual([['unreadable'], 2]);
    await writeFile(file, MORE);
    await looks(scene, 2);

    expect(approversOf(scene)).toEqual(['U0APPROVER1', 'U0NEW']);
  });

  test('a group that is not there refuses it; one that Slack does not tell makes it wait', async () => {
    const scene = await start();
    scene.trouble = { settled: false, why: 'Slack did not say who is in the user group S0NEW.' };
    await writeFile(file, GOOD.replace('[U0OPERATOR] }', '[U0OPERATOR], groups: [S0NEW] }'));
    await looks(scene, 3);
    expect([scene.outcomes, scene.live.groups()]).toEqual([[], []]);
    scene.trouble = null;
    await looks(scene, 1);
    expect([scene.outcomes, scene.live.groups()]).toEqual([['taken'], ['S0NEW']]);
    scene.trouble = { settled: true, why: 'There is no such group.' };
    await writeFile(file, GOOD.replace('[U0OPERATOR] }', '[U0OPERATOR], groups: [S0NEW, S0GONE] }'));
    await looks(scene, 2);

    expect([scene.outcomes, scene.live.groups()]).toEqual([['taken', 'refused'], ['S0NEW']]);
  });
});

describe('the audit log', () => {
  test('is told once by all processes together', async () => {
    const scenes = [await start(), await start(), await start()];
    await writeFile(file, MORE);
    for (let round = 0; round < 3; round += 1) await Promise.all(scenes.map(async (scene) => await looks(scene, 1)));

    expect(scenes.map(approversOf)).toEqual(scenes.map(() => ['U0APPROVER1', 'U0NEW']));
    expect(installation.entries.map(({ action }) => action)).toEqual(['policy-changed']);
  });

  test('is told when Redis is back', async () => {
    const scene = await start();
    installation.away = true;
    await writeFile(file, MORE);
    await looks(scene, 3);
    expect([approversOf(scene), installation.entries]).toEqual([['U0APPROVER1', 'U0NEW'], []]);
    installation.away = false;
    await looks(scene, 1);

    expect(installation.entries).toMatchObject([{ action: 'policy-changed' }]);
  });

  test('is told of a policy that changed while nothing ran, and not of the first one', async () => {
    await start();
    expect(installation.entries).toEqual([]);
    await writeFile(file, MORE);
    const scene = await start();
    await looks(scene, 2);

    expect(installation.entries).toMatchObject([
      { action: 'policy-changed', detail: { digestBefore: expect.stringMatching(/^[0-9a-f]{64}$/) } },
    ]);
  });
});
