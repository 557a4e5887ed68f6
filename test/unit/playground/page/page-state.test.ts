import { expect, test } from 'vitest';
import {
  fold,
  messagesOf,
  type PageState,
  threadOf,
  threadsOf,
} from '../../../../playground/page/client/state/fold.ts';
import { countUnread, markRead } from '../../../../playground/page/client/state/unread.ts';
import type { PageEvent, PageMessage } from '../../../../playground/page/contract.ts';

function message(ts: string, change: Partial<PageMessage> = {}): PageMessage {
  return {
    channel: 'C1',
    ts,
    user: 'U0BOT',
    text: 'hello',
    blocks: [],
    broadcast: false,
    onlyForMe: false,
    edited: false,
    files: [],
    ...change,
  };
}

const SNAPSHOT: PageEvent = {
  kind: 'snapshot',
  life: 'a',
  me: 'U1',
  people: [],
  channels: [],
  messages: [message('1.0')],
  notices: [],
  view: null,
  completions: { commands: [], clusters: [], members: [] },
};

function after(...events: readonly PageEvent[]): PageState {
  const state = [SNAPSHOT, ...events].reduce(fold, undefined as PageState | undefined);
  if (state === undefined) throw new Error('a snapshot makes a state');
  return state;
}

test('nothing is known before a snapshot', () => {
  expect(fold(undefined, { kind: 'gone', channel: 'C1', ts: '1.0' })).toBeUndefined();
});

test('an update takes the place of the message, and a deleted one goes', () => {
  const updated = after({ kind: 'message', message: message('1.0', { text: 'new' }) });

  expect(messagesOf(updated, 'C1').map((one) => one.text)).toEqual(['new']);
  expect(messagesOf(after({ kind: 'gone', channel: 'C1', ts: '1.0' }), 'C1')).toEqual([]);
});

test('replies stand in their thread, and in the channel only when they were sent there too', () => {
  const state = after(
    { kind: 'message', message: message('3.0', { threadTs: '1.0' }) },
    { kind: 'message', message: message('2.0', { threadTs: '1.0', broadcast: true }) },
    { kind: 'message', message: message('4.0', { channel: 'C2', threadTs: '1.0' }) },
  );

  expect(messagesOf(state, 'C1').map((one) => one.ts)).toEqual(['1.0', '2.0']);
  expect(threadOf(state, 'C1', '1.0').map((one) => one.ts)).toEqual(['1.0', '2.0', '3.0']);
  expect(threadsOf(state, 'C1')).toEqual(new Map([['1.0', { replies: 2, lastTs: '3.0' }]]));
});

test('a snapshot after a broken line forgets what is gone and keeps the last reading of the machines', () => {
  const panel = {
    at: 1,
    members: [],
    redis: { state: 'running', answers: true, pingMs: 1 },
    processes: [],
    slack: 'up',
  } as const;
  const none = { clusters: [], faults: [] };
  const state = after(
    {
      kind: 'panel',
      panel: { ...panel, ...none, members: [], processes: [], backups: { away: false, newest: [], more: 0 } },
    },
    { ...SNAPSHOT, messages: [] },
  );

  expect(state.messages.size).toBe(0);
  expect(state.panel?.slack).toBe('up');
});

test('unread: what others wrote after the mark; replies only when they name the person', () => {
  const messages = [
    message('1.0'),
    message('2.0', { user: 'U1' }),
    message('3.0'),
    message('4.0', { threadTs: '1.0' }),
    message('5.0', { threadTs: '1.0', text: 'and <@U1>' }),
    message('6.0', { channel: 'D1' }),
  ];

  expect(countUnread(messages, { C1: '1.0' }, 'U1', new Set(['D1']))).toEqual(
    new Map([
      ['C1', { messages: 2, mentions: 1 }],
      ['D1', { messages: 1, mentions: 1 }],
    ]),
  );
});

test('a mention inside blocks and one of everybody count, a name in plain words does not', () => {
  const blocks = [{ type: 'section', text: { type: 'mrkdwn', text: 'for <@U1>' } }];
  const counts = countUnread(
    [message('1.0', { blocks }), message('2.0', { text: '<!here>' }), message('3.0', { text: '@U1' })],
    {},
    'U1',
  );

  expect(counts.get('C1')).toEqual({ messages: 3, mentions: 2 });
});

test('a message that changed in place stays read; marks never move back', () => {
  const marks = markRead({}, 'C1', '5.0');

  expect(countUnread([message('4.0', { edited: true })], marks, 'U1').size).toBe(0);
  expect(markRead(marks, 'C1', '4.0')).toBe(marks);
  expect(markRead(marks, 'C1', '6.0')).toEqual({ C1: '6.0' });
});
