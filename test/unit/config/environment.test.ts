import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { type ProcessRole, readEnvironment } from '../../../src/config/environment.ts';
import { formatProblem } from '../../../src/config/problem.ts';
import { ENV } from './support.ts';

function problems(env: Readonly<Record<string, string>>, role: ProcessRole = 'all'): readonly string[] {
  return readEnvironment(env, role).problems.map(formatProblem);
}

describe('readEnvironment', () => {
  test('has defaults for what is optional', () => {
    const { environment } = readEnvironment(ENV, 'all');

    expect(environment).toMatchObject({
      port: 3000,
      logLevel: 'info',
      slack: { apiUrl: null, transport: { kind: 'http' } },
    });
    expect(environment?.slack?.botToken.reveal()).toBe(ENV.SLACK_BOT_TOKEN);
  });

  test('chooses Socket Mode when there is an app token, and says so', () => {
    const { environment, warnings } = readEnvironment({ ...ENV, SLACK_APP_TOKEN: 'xapp-1' }, 'bot');

    expect(environment?.slack?.transport.kind).toBe('socket');
    expect(warnings.map(formatProblem)).toEqual([expect.stringContaining('Socket Mode is used')]);
  });

  test('a worker needs nothing of Slack and takes nothing of it', () => {
    expect(readEnvironment({ REDIS_URL: ENV.REDIS_URL }, 'worker').environment?.slack).toBeNull();
    expect(readEnvironment(ENV, 'worker').environment?.slack).toBeNull();
  });

  test('names everything that is missing, together; empty counts as missing', () => {
    expect(problems({ SLACK_BOT_TOKEN: '' }, 'bot')).toEqual([
      'environment: REDIS_URL: is missing; expected redis://host:port/database',
      'environment: SLACK_BOT_TOKEN: is missing; expected the bot token of the Slack app (xoxb-…)',
      'environment: SLACK_SIGNING_SECRET: is missing; expected the signing secret (requests over HTTP), or SLACK_APP_TOKEN (Socket Mode)',
    ]);
  });

  test('a check without a role only warns of what a role would miss', () => {
    const result = readEnvironment({}, 'check');

    expect(result.problems).toEqual([]);
    expect(result.warnings).toHaveLength(3);
  });

  test('refuses unknown variables with our prefix and suggests the one that was meant', () => {
    expect(problems({ ...ENV, DRYDOCK_CONFG: 'x', DRYDOCK_LOG_LEVEL: 'info' })).toEqual([
      'environment: DRYDOCK_CONFG: there is no such variable; did you mean DRYDOCK_CONFIG?',
      'environment: DRYDOCK_LOG_LEVEL: there is no such variable; did you mean LOG_LEVEL?',
    ]);
  });

  test.each([
    ['SLACK_BOT_TOKEN', 'xoxp-canary', 'environment: SLACK_BOT_TOKEN: expected a bot token, which begins with xoxb-'],
    ['SLACK_APP_TOKEN', 'canary', 'environment: SLACK_APP_TOKEN: expected an app-level token, which begins with xapp-'],
    [
      'SLACK_API_URL',
      'slack.test',
      'environment: SLACK_API_URL: expected an address that begins with https:// or http://; found "slack.test"',
    ],
    ['REDIS_URL', 'http://:canary@x', 'environment: REDIS_URL: expected redis://host:port/database or rediss://…'],
    ['PORT', '70000', 'environment: PORT: expected a port number, 0 to 65535; found "70000"'],
    [
      'LOG_LEVEL',
      'loud',
      'environment: LOG_LEVEL: expected one of trace, debug, info, warn, error, fatal, silent; found "loud"',
    ],
  ])('says what is wrong with %s and shows no secret', (name, value, expected) => {
    expect(problems({ ...ENV, [name]: value })).toEqual([expected]);
  });

  test('secrets print as [secret]', () => {
    const { environment } = readEnvironment({ ...ENV, SLACK_BOT_TOKEN: 'xoxb-canary' }, 'all');
    const shown = `${JSON.stringify(environment)} ${inspect(environment, { depth: 9 })} ${String(environment?.slack?.botToken)}`;

    expect(shown).toContain('[secret]');
    expect(shown).not.toContain('canary');
  });
});
