import { assert as assertProperty, constantFrom, dictionary, property, string } from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { commands } from '../../../../../commands/index.ts';
import { checkBlocks } from '../../../../../playground/workspace/blocks.ts';
import { type FormStep, openForm, readForm } from '../../../../../src/adapters/slack/dispatch/command-form.ts';
import type { DispatchDeps } from '../../../../../src/adapters/slack/dispatch/deps.ts';
import type { Submission, TypedCommand } from '../../../../../src/adapters/slack/payloads.ts';
import { renderArgumentsPage, renderCommandPage } from '../../../../../src/adapters/slack/render/command-modal.ts';
import type { Modal } from '../../../../../src/adapters/slack/render/modal.ts';
import { modalProblems } from '../../../../../src/adapters/slack/render/modal-limits.ts';
import { createFakeCardStore } from '../../../../fakes/card-store.ts';
import { createFakeRunStore } from '../../../../fakes/run-store.ts';
import { createFakeSlack, type FakeSlack } from '../../../../fakes/slack-client.ts';
import { silentLog } from '../../../../support/engine-harness.ts';
import { createFakeClock } from '../../../../support/fake-clock.ts';
import { noAudit } from '../../../../support/no-audit.ts';
import { NO_CONTROL } from '../../../../support/no-control.ts';
import { sampleApprovals } from '../../../../support/run-samples.ts';
import { sampleCluster } from '../../../../support/sample-cluster.ts';

const OPERATOR = { team: 'T0HOME', user: 'U0OPERATOR' };
const NOTE = { channel: 'C0ANY', direct: false, command: null, cluster: null, fields: {}, nonce: '' };

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
    control: () => NO_CONTROL,
    audit: noAudit,
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
  const view = { id: 'V1', hash: 'h1' };
  return { actor: OPERATOR, callback, value, text: '', fields, view, idempotencyKey: 'view:V1:h1' };
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

function viewOf(step: FormStep | null): Modal | null {
  return step?.answer.response_action === 'update' ? step.answer.view : null;
}

function wordsOf(step: FormStep | null): string {
  return step?.kind === 'order' ? step.order.words.join(' ') : `no order: ${JSON.stringify(step)}`;
}

/** What Slack would refuse in a modal; empty: nothing. */
function problemsOf(modal: Modal): readonly string[] {
  return [...modalProblems(modal), ...(checkBlocks(modal.blocks, 'modal')?.messages ?? [])];
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
      const pages = [renderCommandPage([command], ['prod'], note), renderArgumentsPage(command, 'prod', note, {})];

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
    const view = viewOf(step);

    expect(step?.kind).toBe('page');
    expect(view?.blocks.map((block) => block.block_id)).toEqual([
      'about',
      'targets',
      'flag.all',
      'flag.move-leader',
      'flag.pause',
      'flag.outside-window',
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
    expect(errorsOf(filled('reject', null, { run: 'defrag-prod-7f3k', rest: ' ' }))['run']).toContain('reason');
  });

  test('of a decision offers no run, and takes none but by its name; other words do as before', () => {
    for (const name of ['approve', 'reject']) {
      expect(JSON.stringify(viewOf(chosen(name)))).not.toContain('latest');
      expect(errorsOf(filled(name, null, { run: ' latest ', rest: 'why' }))['run']).toContain('the name of the run');
    }
    expect(JSON.stringify(viewOf(chosen('cancel')))).toContain('"initial_value":"latest"');
    expect(wordsOf(filled('cancel', null, { run: 'latest' }))).toBe('cancel latest');
  });

  test('that is complete gives the words that would have been typed', () => {
    expect(wordsOf(chosen('status', 'prod'))).toBe('status prod');
    const fields = { targets: 'member/m-1  member/m-2', 'flag.all': 'on', 'flag.pause': '90s', 'flag.wait': '' };
    expect(wordsOf(filled('defrag', 'prod', fields))).toBe(
      'defrag prod member/m-1 member/m-2 --all --pause=90s --dry-run',
    );
    expect(wordsOf(filled('reject', null, { run: 'defrag-prod-7f3k', rest: "not during the 'release'" }))).toBe(
      "reject defrag-prod-7f3k not during the 'release'",
    );
    expect(wordsOf(filled('reject', null, { run: 'defrag-prod-7f3k', rest: '--wait for me' }))).toBe(
      'reject defrag-prod-7f3k -- --wait for me',
    );
  });

  test('of a command that plans is a dry run first; what it carries along asks for the same without', () => {
    const plan = filled('defrag', 'prod', { targets: '', 'flag.all': 'on' });
    const view = viewOf(plan);

    expect(JSON.stringify(plan?.answer)).toContain('<#C0ANY>, or in <#C0OPS> where Drydock is not a member');
    expect(plan?.kind === 'order' ? plan.order : null).toMatchObject({
      stage: 'plan',
      said: '/kube defrag prod --all',
      typed: { idempotencyKey: 'view:V1:h1/plan' },
    });
    const request = readForm(deps, { ...submitted('command.plan', {}), value: view?.private_metadata ?? '' });
    expect(wordsOf(request)).toBe('defrag prod --all');
    expect(request?.kind === 'order' ? request.order.typed.idempotencyKey : '').toBe('view:V1:h1/request');
    expect(viewOf(request)?.title.text).toBe('Requesting');
  });

  test('of a command that only reads, or is a word to a run, is carried out at once', () => {
    expect([viewOf(chosen('status', 'prod')), viewOf(chosen('runs'))].map((view) => view?.title.text)).toEqual([
      'Asking',
      'Asking',
    ]);
    expect(wordsOf(chosen('runs'))).toBe('runs');
  });

  test('tells nobody the channels of a cluster that person may not see', () => {
    const stranger = { actor: { team: 'T0HOME', user: 'U0STRANGER' } };
    const note = { ...NOTE, command: 'defrag', cluster: 'prod' };
    const step = readForm(deps, { ...submitted('command.arguments', {}, note), ...stranger });

    expect(JSON.stringify(step?.answer)).not.toContain('C0OPS');
    expect(viewOf(step)?.title.text).toBe('Planning');
  });

  test('that is too long to carry along, or made by another version, is told so', () => {
    const long = { targets: `member/${'x'.repeat(1999)}` };
    expect(errorsOf(filled('defrag', 'prod', long))['targets']).toContain('at most 2000 characters');
    expect(errorsOf(filled('defrag', 'prod', { targets: `"${'\u2028'.repeat(1500)}"` }))['targets']).toBeDefined();
    const gone = readForm(deps, submitted('command.plan', {}, { ...NOTE, command: 'gone' }));
    const changed = readForm(
      deps,
      submitted('command.plan', {}, { ...NOTE, command: 'defrag', cluster: 'prod', fields: { targets: 'x' } }),
    );
    expect([viewOf(gone), viewOf(changed)].map((view) => view?.title.text)).toEqual(['Not started', 'Not started']);
  });

  test('of somebody in a direct conversation answers to that person', () => {
    const step = readForm(
      deps,
      submitted('command.choose', { command: 'status', cluster: 'prod' }, { ...NOTE, direct: true }),
    );

    expect(step?.kind === 'order' ? step.order.typed : null).toMatchObject({
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
      expect(['page', 'order']).toContain(filled(name, 'prod', values)?.kind);
    }),
  );
});
