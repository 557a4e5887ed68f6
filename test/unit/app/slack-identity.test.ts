import { describe, expect, test } from 'vitest';
import type { Identity } from '../../../src/adapters/slack/client.ts';
import type { SlackResult } from '../../../src/adapters/slack/result.ts';
import { shareTeam } from '../../../src/app/home-team.ts';
import { createSlackIdentity } from '../../../src/app/slack-identity.ts';
import { silentLog } from '../../support/engine-harness.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

const WHO: Identity = { team: 'T1', botUser: 'U1', botId: 'B1' };

/** Slack that answers `auth.test` with these, the last one for ever. */
function slackWith(...answers: readonly SlackResult<Identity>[]) {
  let asked = 0;
  const clock = createFakeClock();
  const teams: string[] = [];
  const slack = {
    identify: async () => {
      const answer = answers[Math.min(asked, answers.length - 1)];
      asked += 1;
      return await Promise.resolve(answer ?? { kind: 'ok' as const, value: WHO });
    },
  };
  const identity = createSlackIdentity(slack, { know: (team) => teams.push(team) }, { clock, log: silentLog });
  return { identity, clock, teams, asked: () => asked };
}

const AWAY = { kind: 'unavailable', error: 'no answer in time' } as const;
const REFUSED = { kind: 'refused', error: 'token_revoked' } as const;
const OK = { kind: 'ok', value: WHO } as const;

describe('createSlackIdentity', () => {
  test('asks with growing pauses until Slack answers', async () => {
    const { identity, clock, teams, asked } = slackWith(AWAY, AWAY, AWAY, OK);
    const learnt = identity.learn(new AbortController().signal);
    expect(await identity.check()).toBe('Slack has not told yet who the bot is');

    await clock.advance(500 + 1000);
    expect(asked()).toBe(3);
    await clock.advance(2000);
    await learnt;

    expect(identity.get()).toEqual(WHO);
    expect(await identity.check()).toBeNull();
    expect(teams).toEqual(['T1']);
  });

  test('a refused token is a reason not to start', async () => {
    const { identity } = slackWith(REFUSED);

    await expect(identity.learn(new AbortController().signal)).rejects.toThrow(
      'Slack refuses the bot token (token_revoked)',
    );
  });

  test('ends with the signal', async () => {
    const { identity, clock } = slackWith(AWAY);
    const stop = new AbortController();
    const learnt = identity.learn(stop.signal);
    await clock.advance(100);
    stop.abort();

    await expect(learnt).rejects.toThrow('abort');
    expect(clock.sleepers()).toBe(0);
  });

  test('a token that is revoked later makes the bot not ready; an outage of Slack does not', async () => {
    const { identity, clock } = slackWith(OK, AWAY, REFUSED, OK);
    const stop = new AbortController();
    await identity.learn(stop.signal);
    const watching = identity.watch(stop.signal);

    await clock.advance(60_000);
    expect(await identity.check()).toBeNull();
    await clock.advance(60_000);
    expect(await identity.check()).toBe('Slack refuses the bot token (token_revoked)');
    await clock.advance(60_000);
    expect(await identity.check()).toBeNull();

    stop.abort();
    await watching;
  });
});

describe('shareTeam', () => {
  test('tries until Redis takes it', async () => {
    const clock = createFakeClock();
    let tries = 0;
    const homeTeam = {
      share: async () => {
        tries += 1;
        await (tries < 3 ? Promise.reject(new Error('away')) : Promise.resolve());
      },
    };
    const shared = shareTeam(homeTeam, { clock, log: silentLog }, new AbortController().signal);

    await clock.advance(1000);
    await shared;

    expect(tries).toBe(3);
  });
});
