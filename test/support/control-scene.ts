import type { ControlDesk } from '../../src/core/control-desk.ts';
import type { Notice } from '../../src/core/notice.ts';
import { createControlDesk } from '../../src/engine/control-desk.ts';
import type { DeskDeps } from '../../src/engine/deps.ts';
import { type KeeperDeps, keep } from '../../src/engine/keeper.ts';
import { createFakeCalendar } from '../fakes/calendar.ts';
import { createFakeControlStore, type FakeControlStore } from '../fakes/control-store.ts';
import { operator } from './engine-harness.ts';
import { createScriptedScene, type Script, type ScriptedScene } from './scripted-runbook.ts';

/** A scene with freezes, locks by hand and schedules, over one fake store. */
export interface ControlScene extends ScriptedScene {
  readonly control: FakeControlStore;
  /** Everything that a channel was told, oldest first. */
  readonly told: Notice[];
  /** What the keeper is given; tests may change it. */
  keeper: KeeperDeps;
  as(user: string, key?: string): ControlDesk;
  /** One round of the keeper. */
  keep(): Promise<void>;
  /** Actions of the audit log, oldest first. */
  audited(): Promise<readonly string[]>;
}

let keys = 0;

/** `times`: instants of the cron text `times`, ms after the start of the scene. */
export function createControlScene(times: readonly number[] = [], over: Partial<Script> = {}): ControlScene {
  const scene = createScriptedScene(over);
  const { harness, store } = scene;
  const start = harness.clock.nowMs();
  const control = createFakeControlStore(store.memory);
  const calendar = createFakeCalendar(new Map([['times', times.map((ms) => start + ms)]]));
  harness.admission = { control, calendar, windows: () => [] };
  const deps = (): DeskDeps => harness.deps('bot');
  const told: Notice[] = [];
  const made: ControlScene = {
    ...scene,
    control,
    told,
    keeper: {
      ...deps(),
      desk: harness.desk,
      opsChannel: () => 'C0OPS',
      dismissed: async () => await Promise.resolve(null),
      tell: async (notice) => {
        told.push(notice);
        return await Promise.resolve(true);
      },
    },
    as: (user, key) => {
      keys += 1;
      return createControlDesk(deps(), { actor: { ...operator, user }, idempotencyKey: key ?? `said-${keys}` });
    },
    keep: async () => await keep(made.keeper),
    audited: async () => (await store.auditEntries(0, 1000)).map(({ entry }) => entry.action),
  };
  return made;
}
