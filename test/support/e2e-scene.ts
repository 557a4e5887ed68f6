import { beforeEach } from 'vitest';
import { allCards, type RunCard, readAnswer } from '../../playground/demo/sightings.ts';
import { type FillOptions, fillRing } from '../../playground/fill.ts';
import { type Playground, type PlaygroundOptions, startPlayground } from '../../playground/playground.ts';
import { printTranscript } from '../../playground/transcript/transcript.ts';
import { waitFor } from '../../playground/waiting.ts';
import type { Delivery, SendOptions } from '../../playground/workspace/bot-link.ts';
import { findElements } from '../../playground/workspace/elements.ts';
import type { Message } from '../../playground/workspace/model.ts';
import type { PersonName } from '../../playground/workspace/seed.ts';
import { connectRedis } from '../../src/adapters/redis/connection.ts';
import { createRedisRunStore } from '../../src/adapters/redis/run-store.ts';
import type { RunStore } from '../../src/core/ports/run-store.ts';
import type { RunState } from '../../src/core/run-state.ts';
import { type TurnLog, watchTurns } from './e2e-turns.ts';
import { runFolds } from './run-folds.ts';
import { testSeal } from './test-seal.ts';

/** What differs between scenes. */
export interface SceneOptions extends PlaygroundOptions {
  /** Names the scene in what is printed when a test fails. */
  readonly name: string;
}

/** How a run ended, as stored and as people see it. */
export interface EndedRun {
  readonly state: RunState & { readonly ended: NonNullable<RunState['ended']> };
  readonly card: RunCard;
}

/** A playground with real processes, and what tests look at. */
export interface Scene extends Playground {
  /** What the bot and the workers stored. */
  readonly runs: RunStore;
  readonly turns: TurnLog;
  /** Gives a command and waits for the card of its run. Answers the run's id. */
  ask(line: string, as?: PersonName): Promise<string>;
  state(run: string): Promise<RunState>;
  /** Waits until the record of a run is as wanted, and answers it. */
  until(what: string, run: string, is: (state: RunState) => boolean, timeoutMs?: number): Promise<RunState>;
  /** Id of the run whose card was posted last. */
  newestRun(): string;
  /** The card of a run now. @throws Error when there is none. */
  card(run: string): RunCard;
  /** Waits until people are asked to decide, and answers the card. */
  gate(run: string): Promise<RunCard>;
  /** Presses a button on the card of a run. */
  press(run: string, actionId: string, as: PersonName, how?: SendOptions): Promise<Delivery>;
  /** Waits for the gate and presses Approve. */
  approve(run: string, as?: PersonName): Promise<void>;
  /** Waits until a run has ended and its card says so. */
  ended(run: string, timeoutMs?: number): Promise<EndedRun>;
  /** What a person was told directly since `seq` of the feed: kind and text. */
  told(person: PersonName, seq: number): readonly { readonly kind: string; readonly text: string }[];
  /** Last event of the feed now. */
  seq(): number;
  /** Makes every member fragmented again. */
  refill(options?: FillOptions): Promise<void>;
  /** What to print when a test fails: transcript since {@link Scene.begin} and the ends of the logs. */
  report(): string;
  /** A test begins. */
  begin(): void;
}

/** A fill that takes about a second and makes a defragmentation of some hundred milliseconds. */
export const SMALL: FillOptions = { megabytes: 40, keep: 0.4 };

/** Fast, but real: samples 100 ms apart, a member may be silent for 4 s. One approval, except where a test is about more. */
const FAST = { pause: '1s', sample: '100ms', answerWithin: '8s', approvals: 1 } as const;

const LOG_LINES = 60;
const END_MS = 60_000;

/** Starts a scene. Call {@link Scene.stop} at the end. */
export async function startScene(options: SceneOptions): Promise<Scene> {
  const logs = new Map<string, string[]>();
  const playground = await startPlayground({
    prod: 'ring',
    fill: SMALL,
    ...options,
    configuration: { ...FAST, ...options.configuration },
    env: { LOG_LEVEL: 'info', ...options.env },
    onLine: (role, line) => logs.set(role, [...(logs.get(role) ?? []).slice(-LOG_LINES), line]),
  });
  const { workspace, redis, ring } = playground;
  const transcript: string[] = [];
  const stopTranscript = printTranscript({ ...workspace.state, feed: workspace.feed }, (line) => transcript.push(line));
  const client = connectRedis(redis.url, 'store');
  await client.connect();
  const turns = watchTurns(ring.members);
  return {
    ...playground,
    ...watchingOf(playground, createRedisRunStore({ redis: client, seal: testSeal }), turns),
    ...actingOn(playground),
    report: () => reportOf(options.name, transcript, logs),
    begin() {
      transcript.length = 0;
    },
    async stop() {
      turns.close();
      stopTranscript();
      client.disconnect();
      await playground.stop();
    },
  };
}

/** Looking at what an installation stored and shows. */
export type Watching = Pick<Scene, 'runs' | 'turns' | 'state' | 'until' | 'ended' | 'refill'>;

/** How tests look at one installation. */
export function watchingOf(
  { workspace, ring }: Pick<Playground, 'workspace' | 'ring'>,
  runs: RunStore,
  turns: TurnLog,
): Watching {
  const folded = runFolds();
  async function state(run: string): Promise<RunState> {
    const record = await runs.read(run);
    if (record === null) throw new Error(`there is no run ${run}`);
    return folded(record);
  }
  return {
    runs,
    turns,
    state,
    until: async (what, run, is, timeoutMs = END_MS) =>
      await waitFor(what, async () => await stateIf(async () => await state(run), is), { timeoutMs, everyMs: 20 }),
    async ended(run, timeoutMs = END_MS) {
      const card = await workspace.waitFor(
        `the end of ${run} on its card`,
        () => allCards(workspace).find((one) => one.run === run && one.state === 'ended'),
        timeoutMs,
      );
      const now = await state(run);
      if (now.ended === null) throw new Error(`the card of ${run} says that it ended, its record does not`);
      return { card, state: { ...now, ended: now.ended } };
    },
    async refill(options = SMALL) {
      await ring.waitHealthy();
      await fillRing(ring, options);
      turns.forget();
    },
  };
}

/** While Redis is down nothing can be read: that is not the end of waiting. */
async function stateIf(read: () => Promise<RunState>, is: (state: RunState) => boolean): Promise<RunState | undefined> {
  const now = await read().catch(() => undefined);
  return now !== undefined && is(now) ? now : undefined;
}

/** Doing what people of one workspace do. */
export type Acting = Pick<Scene, 'ask' | 'newestRun' | 'card' | 'gate' | 'press' | 'approve' | 'told' | 'seq'>;

/** How tests act in one workspace. */
export function actingOn({ workspace }: Pick<Playground, 'workspace'>): Acting {
  function find(run: string): RunCard | undefined {
    return allCards(workspace).find((one) => one.run === run);
  }
  function card(run: string): RunCard {
    const found = find(run);
    if (found === undefined) throw new Error(`there is no card of ${run}`);
    return found;
  }
  async function gate(run: string): Promise<RunCard> {
    return await workspace.waitFor(
      `the gate of ${run}`,
      () => {
        const now = find(run);
        if (now?.state === 'ended') throw new Error(`${run} ended as ${now.outcome ?? '?'} before anybody was asked`);
        return now?.state === 'waiting-for-people' ? now : undefined;
      },
      END_MS,
    );
  }
  async function press(run: string, actionId: string, as: PersonName, how: SendOptions = {}): Promise<Delivery> {
    const { channel, ts } = card(run).message;
    return await workspace.person(as).click({ channel, ts, actionId, ...how });
  }
  return {
    newestRun: () => allCards(workspace).at(-1)?.run ?? '',
    card,
    gate,
    press,
    async ask(line, as = 'operator') {
      const known = new Set(allCards(workspace).map((one) => one.run));
      await workspace.person(as).command(line);
      const found = await workspace.waitFor(
        `a card after ${line}`,
        () => allCards(workspace).find((one) => !known.has(one.run)),
        END_MS,
      );
      return found.run;
    },
    async approve(run, as = 'approver-1') {
      await gate(run);
      await press(run, 'gate.approve', as);
    },
    told: (person, seq) =>
      workspace.feed.events(seq).flatMap(({ what }) => {
        if (what.kind !== 'posted' || what.message.ephemeralFor !== workspace.person(person).id) return [];
        return [{ kind: readAnswer(what.message) ?? 'other', text: what.message.text }];
      }),
    seq: () => workspace.feed.events().length,
  };
}

/** Action ids of the buttons of a card. */
export function buttonsOf(card: { readonly message: Message }): readonly string[] {
  return findElements(card.message.blocks).map(({ element }) => element.action_id);
}

/** Everything a card says, for people, with plain spaces between figures and units. */
export function textOf({ message }: RunCard): string {
  return `${message.text}\n${JSON.stringify(message.blocks)}`.replaceAll('\u00a0', ' ');
}

function reportOf(name: string, transcript: readonly string[], logs: ReadonlyMap<string, readonly string[]>): string {
  const tails = [...logs].map(([role, lines]) => `--- end of the log of ${role} ---\n${lines.join('\n')}`);
  return [`=== ${name}: transcript ===`, ...transcript, ...tails].join('\n');
}

/** Prints what was seen when a test of this file fails. Call it once at the top of the file. */
export function explainFailures(scene: () => Pick<Scene, 'report' | 'begin'> | undefined): void {
  beforeEach(({ onTestFailed }) => {
    scene()?.begin();
    onTestFailed(() => {
      process.stderr.write(`${scene()?.report() ?? 'the scene was not started'}\n`);
    });
  });
}
