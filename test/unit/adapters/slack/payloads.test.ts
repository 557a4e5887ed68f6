import { anything, assert as assertProperty, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  readAutomation,
  readClick,
  readEvent,
  readSlash,
  readSubmission,
  readViewClick,
} from '../../../../src/adapters/slack/payloads.ts';

const MENTION = {
  type: 'app_mention',
  user: 'U1',
  text: '<@UBOT> status prod',
  ts: '1700000000.000100',
  channel: 'C1',
};

function event(changes: object): unknown {
  return { team_id: 'T1', event_id: 'Ev1', event: { ...MENTION, ...changes } };
}

describe('events', () => {
  test('a mention', () => {
    expect(readEvent(event({ thread_ts: '1700000000.000001' }))).toEqual({
      actor: { team: 'T1', user: 'U1' },
      text: '<@UBOT> status prod',
      replyTo: { user: 'U1', channel: 'C1', threadTs: '1700000000.000001', responseUrl: null },
      direct: false,
      botIsThere: true,
      triggerId: null,
      idempotencyKey: 'message:C1:1700000000.000100',
    });
  });

  test('somebody of another workspace in a shared channel keeps that team', () => {
    expect(readEvent(event({ user_team: 'T2', team: 'T1' }))?.actor).toEqual({ team: 'T2', user: 'U1' });
    expect(readEvent(event({ team: 'T3' }))?.actor.team).toBe('T3');
  });

  test('the same message told as mention and as direct message has one key', () => {
    const mention = readEvent(event({ channel: 'D1' }));
    const direct = readEvent(event({ type: 'message', channel_type: 'im', channel: 'D1' }));

    expect(direct?.idempotencyKey).toBe(mention?.idempotencyKey);
    expect(direct?.direct).toBe(true);
  });

  test.each([
    ['a message in a channel', { type: 'message', channel_type: 'channel' }],
    ['an edit', { type: 'message', channel_type: 'im', subtype: 'message_changed' }],
    ['a bot', { bot_id: 'B1' }],
    ['another event', { type: 'reaction_added' }],
  ])('%s is none', (_name, changes) => {
    expect(readEvent(event(changes))).toBeNull();
  });
});

describe('what no person typed', () => {
  test.each([
    ['a bot', { bot_id: 'B1' }, 'U1'],
    ['a workflow, which has no user', { bot_id: 'B1', user: undefined, subtype: 'bot_message' }, 'B1'],
    ['a bot, directly', { bot_id: 'B1', type: 'message', channel_type: 'im' }, 'U1'],
  ])('%s', (_name, changes, user) => {
    expect(readAutomation(event(changes))).toEqual({
      actor: { team: 'T1', user },
      botId: 'B1',
      text: '<@UBOT> status prod',
      idempotencyKey: 'message:C1:1700000000.000100',
    });
    expect(readEvent(event(changes))).toBeNull();
  });

  test.each([
    ['a person', {}],
    ['a bot that speaks to nobody', { bot_id: 'B1', type: 'message', channel_type: 'channel' }],
    ['an edit', { bot_id: 'B1', type: 'message', channel_type: 'im', subtype: 'message_changed' }],
  ])('%s is none', (_name, changes) => {
    expect(readAutomation(event(changes))).toBeNull();
  });
});

test('a slash command in a direct message', () => {
  const body = {
    team_id: 'T1',
    user_id: 'U1',
    channel_id: 'D1',
    channel_name: 'directmessage',
    text: 'help',
    trigger_id: '1.2.a',
    response_url: 'https://hooks.example/x',
  };

  expect(readSlash(body)).toMatchObject({
    direct: true,
    idempotencyKey: 'trigger:1.2.a',
    replyTo: { responseUrl: 'https://hooks.example/x' },
  });
});

test('a click names its message, a submission its view', () => {
  const click = readClick({
    user: { id: 'U1', team_id: 'T2' },
    team: { id: 'T1' },
    trigger_id: '1.2.b',
    channel: { id: 'C1' },
    container: { message_ts: '17.1' },
    actions: [{ action_id: 'gate.approve', value: 'x' }],
  });
  const submission = readSubmission({
    user: { id: 'U1' },
    team: { id: 'T1' },
    view: {
      id: 'V1',
      hash: '17.abc',
      callback_id: 'gate.reject',
      private_metadata: 'x',
      state: { values: { reason: { reason: { type: 'plain_text_input', value: 'no' } } } },
    },
  });

  expect(click).toMatchObject({
    actor: { team: 'T2', user: 'U1' },
    messageTs: '17.1',
    idempotencyKey: 'trigger:1.2.b',
  });
  expect(submission).toEqual({
    actor: { team: 'T1', user: 'U1' },
    callback: 'gate.reject',
    value: 'x',
    text: 'no',
    fields: { reason: 'no' },
    view: { id: 'V1', hash: '17.abc' },
    idempotencyKey: 'view:V1:17.abc',
  });
});

test('a click in a modal names its page and what that carries along; a click on a message is none', () => {
  const body = {
    user: { id: 'U1', team_id: 'T2' },
    team: { id: 'T1' },
    trigger_id: '1.2.b',
    container: { type: 'view', view_id: 'V1' },
    view: { id: 'V1', hash: '17.abc', private_metadata: 'note', callback_id: 'x' },
    actions: [{ action_id: 'form.change', value: 'x' }],
  };

  expect(readViewClick(body)).toEqual({
    actor: { team: 'T2', user: 'U1' },
    action: 'form.change',
    note: 'note',
    view: { id: 'V1', hash: '17.abc' },
    idempotencyKey: 'trigger:1.2.b',
  });
  expect(readClick(body)).toBeNull();
  expect(readViewClick({ ...body, container: { type: 'message', message_ts: '17.1' } })).toBeNull();
});

function option(value: string): object {
  return { text: { type: 'plain_text', text: value }, value };
}

test('fields of a modal: texts, a choice, several choices, what was left empty', () => {
  const values = {
    command: { command: { type: 'static_select', selected_option: option('defrag') } },
    cluster: { cluster: { type: 'static_select', selected_option: null } },
    flags: { flags: { type: 'checkboxes', selected_options: [option('all'), option('wait')] } },
    none: { none: { type: 'checkboxes', selected_options: [] } },
    pause: { pause: { type: 'plain_text_input', value: null } },
  };
  const view = { id: 'V1', callback_id: 'x', private_metadata: '', state: { values } };

  expect(readSubmission({ user: { id: 'U1' }, team: { id: 'T1' }, view })?.fields).toEqual({
    command: 'defrag',
    cluster: '',
    flags: 'all wait',
    none: '',
    pause: '',
  });
});

test('anything else is null, never a throw', () => {
  assertProperty(
    property(anything(), (body) => {
      expect([readSlash(body), readEvent(body), readClick(body), readSubmission(body)]).toEqual([
        null,
        null,
        null,
        null,
      ]);
    }),
  );
});

test('a secret that somebody types goes no further: slash command, mention, form; what buttons carry stays', () => {
  const secret = 'xoxb-1-2-abcdef';
  const slash = { team_id: 'T1', user_id: 'U1', channel_id: 'C1', text: `lock prod ${secret}`, trigger_id: '1.2.c' };
  const view = { id: 'V1', hash: '1', callback_id: 'gate.reject', private_metadata: 'token=kept' };
  const values = { reason: { reason: { type: 'plain_text_input', value: `it has ${secret}` } } };
  const submission = readSubmission({ user: { id: 'U1' }, view: { ...view, state: { values } } });

  expect(readSlash(slash)?.text).toBe('lock prod [redacted]');
  expect(readEvent(event({ text: `<@UBOT> lock prod ${secret}` }))?.text).toBe('<@UBOT> lock prod [redacted]');
  expect(submission).toMatchObject({ text: 'it has [redacted]', value: 'token=kept' });
});
