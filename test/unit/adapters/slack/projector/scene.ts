import { expect } from 'vitest';
import { budgetSlack } from '../../../../../src/adapters/slack/budgeted-client.ts';
import type { MessageMetadata, SlackClient } from '../../../../../src/adapters/slack/client.ts';
import type { ProjectorDeps } from '../../../../../src/adapters/slack/projector/deps.ts';
import { createProjector, type Projector } from '../../../../../src/adapters/slack/projector/projector.ts';
import { renderThread } from '../../../../../src/adapters/slack/render/thread.ts';
import type { RunEvent, Scratch } from '../../../../../src/core/run-event.ts';
import { createFakeCallBudget, type FakeCallBudget } from '../../../../fakes/call-budget.ts';
import { createFakeCardStore, type FakeCardStore } from '../../../../fakes/card-store.ts';
import { createFakeRunStore, type FakeRunStore } from '../../../../fakes/run-store.ts';
import { createFakeSlack, type FakeSlack, type KeptMessage } from '../../../../fakes/slack-client.ts';
import { silentLog } from '../../../../support/engine-harness.ts';
import { createFakeClock, type FakeClock } from '../../../../support/fake-clock.ts';
import { at, eventAt, sampleRequest } from '../../../../support/sample-run.ts';

/** Where a process stands still: at its nth call of Slack, before it or after it took effect. */
export interface Freeze {
  readonly call: number;
  readonly when: 'before' | 'after';
}

/** One process with a projector. */
export interface Bot extends Projector {
  /** Calls of Slack that it made. */
  readonly calls: string[];
  /** Resolves with the method when it stands still. */
  readonly frozen: Promise<string>;
  thaw(): void;
}

/** Several processes on one Slack and one Redis, on a clock that a test moves. */
export interface Scene {
  readonly clock: FakeClock;
  readonly runs: FakeRunStore;
  readonly cards: FakeCardStore;
  readonly slack: FakeSlack;
  readonly budget: FakeCallBudget;
  /** Starts a process; `changes`: what it is given in place of what all are given. */
  start(who: string, freeze?: Freeze | null, changes?: Partial<ProjectorDeps>): Bot;
  request(id: string, channel?: string, cluster?: string): Promise<void>;
  append(id: string, events: readonly RunEvent[], note?: string): Promise<void>;
  /** Rounds of a projector until this time from now has passed, each when it said it was due. */
  roundsFor(bot: Bot, ms: number): Promise<void>;
  /** Cards of a run, oldest first. */
  cardsOf(id: string): readonly KeptMessage[];
  /** Messages on incidents, oldest first. */
  incidents(): readonly KeptMessage[];
  /** Lines of a run's thread as they were posted. */
  linesOf(id: string): readonly string[];
  /** Lines that the thread of a run should have. */
  wantedLines(id: string): Promise<readonly string[]>;
}

/** Makes an empty scene; the incidents channel is C0INC. */
export function createScene(): Scene {
  const clock = createFakeClock();
  const runs = createFakeRunStore(clock);
  const cards = createFakeCardStore(runs);
  const slack = createFakeSlack(clock);
  const budget = createFakeCallBudget(clock);
  const told = (id: string): readonly KeptMessage[] =>
    slack.messages.filter((message) => runOf(message.metadata) === id);
  return {
    clock,
    runs,
    cards,
    slack,
    budget,
    start(who, freeze = null, changes = {}) {
      const { client, calls, frozen, thaw } = freezable(slack, freeze);
      const projector = createProjector({
        runs,
        cards,
        slackFor: budgetSlack({ client, budget, log: silentLog }),
        clock,
        log: silentLog,
        who,
        titleOf: (runbook) => runbook,
        opsChannel: () => 'C0OPS',
        peopleOf: () => ['U0APPROVER1'],
        incidentsChannel: () => 'C0INC',
        ...changes,
      });
      return { ...projector, calls, frozen, thaw };
    },
    async request(id, channel = 'C0OPS', cluster = 'prod') {
      const request = sampleRequest({ cluster, origin: { channel, threadTs: null } });
      const event = eventAt(0, { type: 'requested', request });
      const facts = { cluster, runbook: 'etcd-defrag', idempotencyKey: id, audit: [], nowMs: 0 };
      await runs.create({ id, ...facts, event });
    },
    async append(id, events, note) {
      const seen = (await runs.read(id))?.version ?? 0;
      const scratch: Scratch = { index: 0, state: null, note: note ?? '', at: at(1), notBefore: null, failures: 0 };
      const writer = { kind: 'other', idempotencyKey: null } as const;
      const extra = note === undefined ? {} : { scratch };
      expect((await runs.append(id, { writer, seen, events, audit: [], ...extra })).kind).toBe('ok');
    },
    async roundsFor(bot, ms) {
      const untilMs = clock.nowMs() + ms;
      while (clock.nowMs() < untilMs) {
        const nextMs = await bot.round();
        await clock.advance(Math.max(20, Math.min(nextMs, untilMs) - clock.nowMs()));
      }
    },
    cardsOf: (id) => told(id).filter(({ metadata }) => metadata?.event_type === 'drydock_run'),
    incidents: () => slack.messages.filter(({ metadata }) => metadata?.event_type === 'drydock_incident'),
    linesOf: (id) =>
      told(id)
        .filter(({ metadata }) => metadata?.event_type === 'drydock_thread')
        .flatMap(({ message }) => message.text.split('\n')),
    async wantedLines(id) {
      const entries = renderThread(id, (await runs.read(id))?.events ?? [], 0, () => ['U0APPROVER1']);
      return entries.flatMap(({ texts }) => texts).flatMap((text) => text.split('\n'));
    },
  };
}

/** The run that a message is about; `null`: none. */
export function runOf(metadata: MessageMetadata | null | undefined): string | null {
  return { run: null, ...metadata?.event_payload }.run;
}

function freezable(slack: SlackClient, freeze: Freeze | null) {
  const calls: string[] = [];
  const frozen = Promise.withResolvers<string>();
  const thawed = Promise.withResolvers<undefined>();
  async function pass<T>(method: string, call: () => Promise<T>): Promise<T> {
    calls.push(method);
    const here = freeze?.call === calls.length;
    const stop = async (): Promise<void> => {
      frozen.resolve(method);
      await thawed.promise;
    };
    if (here && freeze.when === 'before') await stop();
    const result = await call();
    if (here && freeze.when === 'after') await stop();
    return result;
  }
  const client: SlackClient = {
    ...slack,
    post: async (place, message, metadata) => await pass('post', () => slack.post(place, message, metadata)),
    update: async (where, message, metadata) => await pass('update', () => slack.update(where, message, metadata)),
    replies: async (channel, ts, limit) => await pass('replies', () => slack.replies(channel, ts, limit)),
    history: async (channel, oldest, limit) => await pass('history', () => slack.history(channel, oldest, limit)),
    permalink: async (where) => await pass('permalink', () => slack.permalink(where)),
    upload: async (place, file) => await pass('upload', () => slack.upload(place, file)),
  };
  return { client, calls, frozen: frozen.promise, thaw: () => thawed.resolve(undefined) };
}
