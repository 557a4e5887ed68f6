import { assert as assertProperty, constantFrom, dictionary, property, string } from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { commands } from '../../../../../commands/index.ts';
import { checkBlocks } from '../../../../../playground/workspace/blocks.ts';
import { type FormStep, openForm, readForm } from '../../../../../src/adapters/slack/dispatch/command-form.ts';
import type { DispatchDeps } from '../../../../../src/adapters/slack/dispatch/deps.ts';
import type { Submission, TypedCommand } from '../../../../../src/adapters/slack/payloads.ts';
import { renderArgumentsPage, renderCommandPage } from '../../../../../src/adapters/slack/render/command-modal.ts';
import type { Modal } from '../../../../../src/adapters/slack/render/modal.ts';
import { createFakeCardStore } from '../../../../fakes/card-store.ts';
import { createFakeRunStore } from '../../../../fakes/run-store.ts';
import { createFakeSlack, type FakeSlack } from '../../../../fakes/slack-client.ts';
import { silentLog } from '../../../../support/engine-harness.ts';
import { createFakeClock } from '../../../../support/fake-clock.ts';
import { sampleApprovals } from '../../../../support/run-samples.ts';
import { sampleCluster } from '../../../../support/sample-cluster.ts';

const OPERATOR = { team: 'T0HOME', user: 'U0OPERATOR' };
const NOTE = { channel: 'C0ANY', direct: false, command: null, cluster: null };

async function nobody(): Promise<never> {
  return await Promise.reject(new Error('the form asks nobody'));
}

let deps: DispatchDeps;
let slack: FakeSlack;

beforeEach(() => {
  const clock = createFakeClock();
  const runs = createFakeRunStore(clock);
  slack = createFakeSlack(clock);
  deps = {
    desk: { request: nobody, planAgain: nobody, vote: nobody, cancel: nobody, refused: nobody },
    runs,
    cards: createFakeCardStore(runs),
    slack,
    commands,
    clusters: [sampleCluster()],
    clock,
    log: silentLog,
    policy: () => ({
      homeTeam: 'T0HOME',
      roles: [{ name: 'operator', users: ['U0OPERATOR'] }],
      rules: [{ clusters: ['prod'], commands: ['status', 'defrag'], allow: ['operator'], approvals: null }],
      defaultApprovals: sampleApprovals(),
    }),
    identity: () => null,
    nonce: () => 'n',
  };
});

function submitted(callback: string, fields: Record<string, string>, note: object = NOTE): Submission {
  const value = JSON.stringify(note);
  return { actor: OPERATOR, callback, value, text: '', fields, idempotencyKey: 'view:V1' };
}

function typed(changes: Partial<TypedCommand> = {}): TypedCommand {
  const replyTo = { user: 'U0OPERATOR', channel: 'C0ANY', threadTs: null, responseUrl: null };
  const how = { direct: false, botIsThere: false, triggerId: '1.2.x', idempotencyKey: 'trigger:1' };
  return { actor: OPERATOR, text: '', replyTo, ...how, ...changes };
}

function chosen(command: string, cluster = ''): FormStep | null {
  return readForm(deps, submitted('command.choose', { command, cluster }));
}

function filled(command: string, cluster: string | null, fields: Record<string, string>): FormStep | null {
  return readForm(deps, submitted('command.arguments', fields, { ...NOTE, command, cluster }));
}

function errorsOf(step: FormStep | null): Readonly<Record<string, string>> {
  return step?.answer?.response_action === 'errors' ? step.answer.errors : {};
}

function wordsOf(step: FormStep | null): string {
  return step?.kind === 'done' ? step.words.join(' ') : `not done: ${JSON.stringify(step)}`;
}

/** What Slack would refuse in a modal; empty: nothing. */
function problemsOf(modal: Modal): readonly string[] {
  const titles = [modal.title.text, modal.submit?.text ?? 'x', modal.close.text];
  const options = JSON.stringify(modal.blocks).matchAll(/"options":\[(.*?)\]/g);
  const texts = [...options].flatMap(([, list = '']) =>
    [...list.matchAll(/"text":"([^"]*)"/g)].map(([, text = '']) => text),
  );
  return [
    ...(checkBlocks(modal.blocks, 'modal')?.messages ?? []),
    ...titles.filter((text) => text.length > 24),
    ...texts.filter((text) => text.length > 75),
    ...(modal.private_metadata.length > 3000 ? ['private_metadata'] : []),
  ];
}

describe('the form', () => {
  test('opens with the commands a person may give and the clusters that person sees', async () => {
    expect(await openForm(deps, typed())).toBe(true);
    expect(slack.calls.map((call) => call.method)).toEqual(['openModal']);
  });

  test('does not open without a trigger, for a stranger, or when Slack refuses', async () => {
    expect(await openForm(deps, typed({ triggerId: null }))).toBe(false);
    expect(await openForm(deps, typed({ actor: { team: 'T0HOME', user: 'U0STRANGER' } }))).toBe(false);
    expect(await openForm(deps, typed({ actor: { team: 'T0ELSE', user: 'U0OPERATOR' } }))).toBe(false);
    slack.failNext('openModal', { kind: 'refused', error: 'expired_trigger_id' });
    expect(await openForm(deps, typed())).toBe(false);
  });

  test.each(commands.map((command) => [command.name, command] as const))(
    '%s: its pages fit Slack',
    (_name, command) => {
      const note = JSON.stringify(NOTE);
      const pages = [renderCommandPage([command], ['prod'], note), renderArgumentsPage(command, 'prod', note)];

      expect(pages.flatMap(problemsOf)).toEqual([]);
    },
  );

  test('150 clusters are typed instead of chosen', () => {
    const many = Array.from({ length: 150 }, (_, index) => `c-${index}`);
    const page = renderCommandPage(commands, many, JSON.stringify(NOTE));

    expect(problemsOf(page)).toEqual([]);
    expect(JSON.stringify(page)).not.toContain('c-149');
  });
});

describe('a page', () => {
  test('asks for the arguments of the chosen command, as declared', () => {
    const step = chosen('defrag', 'prod');
    const view = step?.answer?.response_action === 'update' ? step.answer.view : null;

    expect(step?.kind).toBe('page');
    expect(view?.blocks.map((block) => block.block_id)).toEqual([
      'about',
      'targets',
      'flag.all',
      'flag.move-leader',
      'flag.pause',
      'flag.dry-run',
      'flag.wait',
    ]);
    expect(JSON.parse(view?.private_metadata ?? '')).toMatchObject({ command: 'defrag', cluster: 'prod' });
  });

  test('names what is missing at its field', () => {
    expect(errorsOf(chosen('defrag'))).toEqual({ cluster: 'defrag needs a cluster.' });
    expect(errorsOf(chosen('nonsense'))).toEqual({ command: 'There is no such command.' });
    expect(errorsOf(filled('defrag', 'prod', { targets: '', 'flag.pause': 'soon' }))).toEqual({
      'flag.pause': '"soon" is not a duration (60s, 5m, 1h30m): write for instance --pause 60s.',
    });
    expect(errorsOf(filled('defrag', 'prod', { targets: 'm-1', 'flag.pause': '' }))).toEqual({
      targets: 'defrag does not know what "m-1" is: write member/NAME.',
    });
    expect(errorsOf(filled('reject', null, { run: 'latest', rest: ' ' }))['run']).toContain('reason');
  });

  test('that is complete gives the words that would have been typed', () => {
    expect(wordsOf(chosen('status', 'prod'))).toBe('status prod');
    const fields = { targets: 'member/m-1  member/m-2', 'flag.all': 'on', 'flag.pause': '90s', 'flag.wait': '' };
    expect(wordsOf(filled('defrag', 'prod', fields))).toBe('defrag prod member/m-1 member/m-2 --all --pause=90s');
    expect(wordsOf(filled('reject', null, { run: 'latest', rest: "not during the 'release'" }))).toBe(
      "reject latest not during the 'release'",
    );
    expect(wordsOf(filled('reject', null, { run: 'latest', rest: '--wait for me' }))).toBe(
      'reject latest -- --wait for me',
    );
  });

  test('of a command that plans ends with where the plan appears; others close', () => {
    const plans = filled('defrag', 'prod', { targets: '' });

    expect(JSON.stringify(plans?.answer)).toContain('<#C0ANY>, or in <#C0OPS> where Drydock is not a member');
    expect(filled('runs', null, {})?.answer).toBeNull();
  });

  test('of somebody in a direct conversation answers to that person', () => {
    const step = readForm(
      deps,
      submitted('command.choose', { command: 'status', cluster: 'prod' }, { ...NOTE, direct: true }),
    );

    expect(step?.kind === 'done' ? step.typed : null).toMatchObject({
      direct: true,
      replyTo: { channel: 'U0OPERATOR' },
    });
  });
});

test('other modals and notes of others are none of ours; any fields give a step', () => {
  expect(readForm(deps, submitted('gate.reject', { reason: 'no' }))).toBeNull();
  expect(readForm(deps, { ...submitted('command.choose', {}), value: 'not json' })).toBeNull();
  const fields = dictionary(constantFrom('targets', 'rest', 'run', 'flag.pause', 'flag.all', 'other'), string());
  assertProperty(
    property(constantFrom(...commands.map((each) => each.name)), fields, (name, values) => {
      expect(['page', 'done']).toContain(filled(name, 'prod', values)?.kind);
    }),
  );
});
