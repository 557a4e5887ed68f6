import { webApi } from '@slack/bolt';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Person } from '../../../playground/workspace/person.ts';
import { startWorkspace, type Workspace } from '../../../playground/workspace/workspace.ts';
import { SILENT } from './silent-logger.ts';

let workspace: Workspace;
let client: webApi.WebClient;
let operator: Person;
let nowMs: number;

beforeEach(async () => {
  nowMs = Date.now();
  workspace = await startWorkspace({ now: () => nowMs });
  const options = { slackApiUrl: workspace.apiUrl, logger: SILENT, retryConfig: { retries: 0 } };
  client = new webApi.WebClient(workspace.botToken, options);
  operator = workspace.person('operator');
});

afterEach(async () => {
  await workspace.stop();
});

function newTrigger(): string {
  return new URLSearchParams(operator.commandRequest('/kube x').body).get('trigger_id') ?? '';
}

function modal(title: string) {
  return {
    type: 'modal' as const,
    title: { type: 'plain_text' as const, text: title },
    submit: { type: 'plain_text' as const, text: 'Go' },
    blocks: [
      {
        type: 'input',
        block_id: 'word',
        label: { type: 'plain_text' as const, text: 'Word' },
        element: { type: 'plain_text_input' as const, action_id: 'word', min_length: 3 },
      },
    ],
  };
}

test('a trigger opens one modal', async () => {
  const trigger = newTrigger();
  await client.views.open({ trigger_id: trigger, view: modal('First') });

  await expect(client.views.open({ trigger_id: trigger, view: modal('Second') })).rejects.toThrow(
    'exchanged_trigger_id',
  );
  expect(operator.view()?.title).toBe('First');
});

test('a trigger is of no use after three seconds', async () => {
  const trigger = newTrigger();

  nowMs += 3_001;

  await expect(client.views.open({ trigger_id: trigger, view: modal('Late') })).rejects.toThrow('expired_trigger_id');
  expect(operator.view()).toBeUndefined();
});

test('modals stack up to three, an update needs the hash it saw', async () => {
  const opened = await client.views.open({ trigger_id: newTrigger(), view: modal('One') });
  await client.views.push({ trigger_id: newTrigger(), view: modal('Two') });
  await client.views.push({ trigger_id: newTrigger(), view: modal('Three') });
  const id = opened.view?.id ?? '';

  await expect(client.views.push({ trigger_id: newTrigger(), view: modal('Four') })).rejects.toThrow('push_limit');
  await client.views.update({ view_id: id, hash: opened.view?.hash ?? '', view: modal('One again') });
  const stale = client.views.update({ view_id: id, hash: opened.view?.hash ?? '', view: modal('Once more') });

  await expect(stale).rejects.toThrow('hash_conflict');
  expect([operator.view()?.title, workspace.state.views.get(id)?.title]).toEqual(['Three', 'One again']);
});

test('a button in a modal reaches the bot with the page it is on, and the modal stays', async () => {
  const button = { type: 'button', action_id: 'again', value: 'x', text: { type: 'plain_text', text: 'Again' } };
  const all = { text: { type: 'plain_text', text: 'All' }, value: 'all' };
  const blocks = [
    ...modal('Plan').blocks,
    { type: 'actions', block_id: 'buttons', elements: [button] },
    {
      type: 'input',
      block_id: 'flags',
      optional: true,
      label: { type: 'plain_text', text: 'Flags' },
      element: { type: 'checkboxes', action_id: 'flags', options: [all], initial_options: [all] },
    },
  ];
  await client.views.open({ trigger_id: newTrigger(), view: { ...modal('Plan'), blocks, private_metadata: 'note' } });
  const view = await workspace.waitFor('the modal', () => operator.view());
  // Nobody listens there; what was sent is what counts.
  workspace.bot.connect(new URL(workspace.apiUrl).origin);
  const sent = await operator.clickView(view, 'again');
  const payload: unknown = JSON.parse(new URLSearchParams(sent.request.body).get('payload') ?? '');

  expect(payload).toMatchObject({
    type: 'block_actions',
    container: { type: 'view', view_id: view.id },
    view: {
      id: view.id,
      hash: view.hash,
      private_metadata: 'note',
      state: {
        values: { flags: { flags: { selected_options: [{ value: 'all' }] } }, word: { word: { value: null } } },
      },
    },
    actions: [{ action_id: 'again', block_id: 'buttons', value: 'x' }],
  });
  expect(payload).not.toHaveProperty('channel');
  expect(payload).not.toHaveProperty('response_url');
  expect(operator.view()?.id).toBe(view.id);
  await expect(operator.clickView(view, 'other')).rejects.toThrow('sees no other');
});

test('the form itself refuses what the modal does not take', async () => {
  await client.views.open({ trigger_id: newTrigger(), view: modal('Form') });
  const view = await workspace.waitFor('the modal', () => operator.view());

  await expect(operator.submit(view, {})).rejects.toThrow('wants word');
  await expect(operator.submit(view, { word: 'no' })).rejects.toThrow('does not take 2 characters in word');
  await expect(operator.submit(view, { other: 'x' })).rejects.toThrow('has no input other');
  expect(workspace.bot.deliveries).toEqual([]);
});

test.for([
  ['a title of 25 characters', { ...modal('x'.repeat(25)) }],
  ['an input without a submit button', { ...modal('Form'), submit: undefined }],
  ['metadata of 3001 characters', { ...modal('Form'), private_metadata: 'x'.repeat(3001) }],
] as const)('%s is refused', async ([, view]) => {
  const { submit, ...rest } = view;
  const given = submit === undefined ? rest : { ...rest, submit };

  await expect(client.views.open({ trigger_id: newTrigger(), view: given })).rejects.toThrow('invalid_arguments');
});
