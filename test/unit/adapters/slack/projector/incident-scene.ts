import type { RunEvent } from '../../../../../src/core/run-event.ts';
import {
  at,
  decided,
  eventAt,
  GATE_OPENED,
  PLANNED,
  SAMPLE_EVENTS,
  SAMPLE_REPORT,
} from '../../../../support/sample-run.ts';
import { createScene, type Scene } from './scene.ts';

/** A scene with one elected projector, for tests of the incidents channel C0INC. */
export interface IncidentScene extends Scene {
  /** Adds events to a run, which is requested first when it is new. */
  run(id: string, events: readonly RunEvent[]): Promise<void>;
  /** {@link IncidentScene.run}, then rounds for 10 s. */
  tell(id: string, events: readonly RunEvent[]): Promise<void>;
  /** Rounds of the elected projector for this time, and one after it. */
  rounds(ms: number): Promise<void>;
  /** The projector gives up its office, and another process is elected; `channel`: the one it has for incidents. */
  succeed(channel?: string | null): Promise<void>;
  /** Text of the nth message on an incident; empty: there is none. */
  textOf(index?: number): string;
}

/** Makes it. */
export function createIncidentScene(): IncidentScene {
  const scene = createScene();
  const start = (who: string, channel: string | null) =>
    scene.start(who, null, { titleOf: () => 'Defragment etcd', incidentsChannel: () => channel });
  let bot = start('bot-1', 'C0INC');
  const run = async (id: string, events: readonly RunEvent[]): Promise<void> => {
    if ((await scene.runs.read(id)) === null) await scene.request(id);
    await scene.append(id, events);
  };
  const rounds = async (ms: number): Promise<void> => {
    await scene.roundsFor(bot, ms);
    await bot.round();
  };
  return {
    ...scene,
    run,
    rounds,
    async tell(id, events) {
      await run(id, events);
      await rounds(10_000);
    },
    async succeed(channel = 'C0INC') {
      await scene.cards.resign('slack-projector', 'bot-1');
      bot = start('bot-2', channel);
    },
    textOf: (index = 0) => scene.incidents()[index]?.message.text ?? '',
  };
}

/** What follows the request of a run that fails `seconds` after the sample start. */
export function failed(seconds: number): readonly RunEvent[] {
  const end = { outcome: 'failed', reason: 'member-unhealthy', note: 'etcd-2 is silent' } as const;
  return [
    PLANNED,
    GATE_OPENED,
    ...decided(20, 'approve', null),
    eventAt(21, { type: 'step-started', index: 0, attempt: 1 }),
    eventAt(seconds, { type: 'ended', ...end, stepsDone: 0, stepsPlanned: 2 }),
  ];
}

/** What follows the request of a run that did everything and looked at the cluster `seconds` after the sample start. */
export function reported(seconds: number, healthy = true): readonly RunEvent[] {
  const output = { ...SAMPLE_REPORT, at: at(seconds), healthy };
  const end = { outcome: 'succeeded', reason: 'done', note: '', stepsDone: 2, stepsPlanned: 2 } as const;
  return [
    ...SAMPLE_EVENTS.slice(1, -3),
    eventAt(seconds, { type: 'step-done', index: 1, output, note: '' }),
    eventAt(seconds, { type: 'ended', ...end }),
  ];
}
