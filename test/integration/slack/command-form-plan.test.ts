import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { View } from '../../../playground/workspace/model.ts';
import type { Person } from '../../../playground/workspace/person.ts';
import type { Plan } from '../../../src/core/plan.ts';
import type { Policy } from '../../../src/core/policy.ts';
import { SAMPLE_GATE, SAMPLE_HASH, samplePlan } from '../../support/sample-run.ts';
import { startTestBot, type TestBot } from './bot.ts';

const GATES = [{ ...SAMPLE_GATE, approvals: { ...SAMPLE_GATE.approvals, from: ['approver'] } }];

let bot: TestBot;
let operator: Person;
let policy: Policy;
const more: TestBot[] = [];

beforeEach(async () => {
  bot = await startTestBot({ policy: () => policy, planWaitMs: 15_000 });
  operator = bot.workspace.person('operator');
  ({ policy } = bot);
});

afterEach(async () => {
  for (const one of more.splice(0)) await one.stop();
  await bot.stop();
});

/** Another process takes over what Slack sends. */
async function takeOver(options: Parameters<typeof startTestBot>[0]): Promise<void> {
  const other = await startTestBot({ ...options, beside: bot, projector: false });
  more.push(other);
  bot.workspace.bot.connect(other.address);
}

async function page(title: string): Promise<View> {
  return await bot.workspace.waitFor(`the page ${title}`, () => {
    const view = operator.view();
    return view?.title === title ? view : undefined;
  });
}

function textOf(view: View): string {
  return JSON.stringify(view.blocks);
}

/** Fills in the form up to the page on which it is planned; answers the dry run. */
async function planned(fields: Readonly<Record<string, string>> = {}): Promise<string> {
  await operator.command('/kube');
  await operator.submit(await page('Run a command'), { command: 'defrag', cluster: 'prod' });
  await operator.submit(await page('Arguments'), fields);
  return await newRun();
}

async function newRun(known: readonly string[] = []): Promise<string> {
  return await bot.workspace.waitFor('a card of the run', () => {
    const runs = bot.workspace
      .messages('C0OPS')
      .flatMap(({ metadata }) =>
        metadata?.event_type === 'drydock_run' ? [String(metadata.event_payload['run'])] : [],
      );
    return runs.find((run) => !known.includes(run));
  });
}

/** What a worker would store for a dry run. */
async function endPlanning(run: string, plan: Plan = samplePlan({ gates: GATES })): Promise<void> {
  const blocked = plan.checks.some((check) => check.verdict === 'block');
  const end = blocked
    ? ({ outcome: 'blocked', reason: 'check-blocked', note: 'blocked' } as const)
    : ({ outcome: 'planned', reason: 'dry-run', note: '' } as const);
  await bot.tell(run, [
    { type: 'planned', plan, hash: SAMPLE_HASH },
    { type: 'ended', ...end, stepsDone: 0, stepsPlanned: plan.steps.length },
  ]);
}

async function requestOf(run: string): Promise<unknown> {
  return (await bot.runs.read(run))?.events[0];
}

describe('a command that plans', () => {
  test('shows the plan of a dry run, and asks for the same run once, however often the button is sent', async () => {
    const dry = await planned({ targets: 'member/m-2', 'flag.pause': '90s' });
    expect(textOf(await page('Planning'))).toContain('Closing this page starts nothing.');
    await endPlanning(dry);
    const plan = await page('Plan');

    expect(await requestOf(dry)).toMatchObject({ request: { dryRun: true, params: { members: ['m-2'] } } });
    expect(textOf(plan)).toContain('<@U0APPROVER1> or <@U0APPROVER2> (approver)');
    expect(textOf(plan)).toContain(dry);
    await Promise.all([operator.submit(plan, {}), operator.submit(plan, {})]);
    const run = await newRun([dry]);
    const last = await page('Requested');

    expect(await bot.runIds()).toEqual([dry, run]);
    expect(await requestOf(run)).toMatchObject({
      request: {
        dryRun: false,
        params: { members: ['m-2'], pauseMs: 90_000 },
        text: '/kube defrag prod member/m-2 --pause=90s',
        actor: { user: 'U0OPERATOR' },
      },
    });
    expect(textOf(last)).toContain(run);
    expect(textOf(last)).toContain('/archives/C0OPS/p');
  });

  test('sent again later, also to another process, it is the same run', async () => {
    const dry = await planned();
    await endPlanning(dry);
    const plan = await page('Plan');
    await operator.submit(plan, {});
    const run = await newRun([dry]);
    await page('Requested');
    await takeOver({});
    await operator.submit(plan, {});
    const again = await bot.workspace.waitFor('the same run', () => {
      const view = operator.view();
      return view !== undefined && textOf(view).includes('was requested already') ? view : undefined;
    });

    expect(textOf(again)).toContain(run);
    expect(await bot.runIds()).toEqual([dry, run]);
  });

  test('without approvals the page says that the run starts at once', async () => {
    await endPlanning(await planned(), samplePlan());
    const plan = await page('Plan');

    expect(textOf(plan)).toContain('*No approval is needed:* the run starts at once.');
    expect(plan.definition['submit']).toMatchObject({ text: 'Start this run' });
  });

  test('blocked: it says by what, cannot be requested, and leads back to the arguments as they were', async () => {
    const dry = await planned({ 'flag.all': 'on', 'flag.pause': '90s' });
    const checks = [
      { id: 'corrupt', verdict: 'block', title: 'CORRUPT alarm on m-2', evidence: 'alarm list' } as const,
    ];
    await endPlanning(dry, samplePlan({ checks }));
    const blocked = await page('Blocked');

    expect(textOf(blocked)).toContain('CORRUPT alarm on m-2');
    expect(blocked.definition['submit']).toBeUndefined();
    await operator.clickView(blocked, 'form.change');
    await operator.submit(await page('Arguments'), { 'flag.all': '', targets: 'member/m-1' });
    const second = await newRun([dry]);

    expect(await requestOf(second)).toMatchObject({
      request: { dryRun: true, params: { all: false, members: ['m-1'], pauseMs: 90_000 } },
    });
  });

  test('closed while it is planned, nothing is started', async () => {
    const dry = await planned();
    await operator.close(await page('Planning'));
    await endPlanning(dry);
    await expect
      .poll(() => bot.calls.filter((call) => call.method === 'views.update' && call.result === 'refused'))
      .toEqual([{ method: 'views.update', result: 'refused' }]);

    expect(operator.view()).toBeUndefined();
    expect(await bot.runIds()).toEqual([dry]);
  });
});

describe('what goes wrong', () => {
  test('who loses the right is refused on the page, before the plan and after it', async () => {
    const { rules } = policy;
    const dry = await planned();
    await endPlanning(dry);
    const plan = await page('Plan');
    policy = { ...policy, rules: [] };
    await operator.submit(plan, {});
    expect(textOf(await page('Not started'))).toContain('No policy rule permits this.');
    policy = { ...policy, rules };
    await operator.close(await page('Not started'));
    await operator.command('/kube');
    await operator.submit(await page('Run a command'), { command: 'defrag', cluster: 'prod' });
    policy = { ...policy, rules: rules.slice(1) };
    await operator.submit(await page('Arguments'), {});
    await page('Not started');
    const refused = (await bot.runs.auditEntries(0, 100)).filter(({ entry }) => entry.reason === 'not-permitted');

    expect(refused).toHaveLength(2);
    expect(await bot.runIds()).toEqual([dry]);
  });

  test('a cluster that is gone when the run is asked for', async () => {
    const dry = await planned();
    await endPlanning(dry);
    const plan = await page('Plan');
    await takeOver({ clusters: [] });
    await operator.submit(plan, {});

    expect(textOf(await page('Not started'))).toContain('There is no such cluster');
    expect(await bot.runIds()).toEqual([dry]);
  });

  test('planning that does not end: the page says so, and another process shows the plan when asked again', async () => {
    await takeOver({ planWaitMs: 100 });
    const dry = await planned();
    const still = await bot.workspace.waitFor('the end of patience', () => {
      const view = operator.view();
      return view !== undefined && textOf(view).includes('Still planning') ? view : undefined;
    });
    bot.workspace.bot.connect(bot.address);
    await operator.clickView(still, 'form.look-again');
    await expect.poll(() => textOf(operator.view() ?? still)).not.toContain('Still planning');
    await endPlanning(dry);
    await page('Plan');

    expect(await bot.runIds()).toEqual([dry]);
  });

  test('a look at a page that was replaced meanwhile changes nothing', async () => {
    const dry = await planned();
    const planning = await page('Planning');
    await endPlanning(dry);
    const plan = await page('Plan');
    await operator.clickView(planning, 'form.look-again');
    await expect.poll(() => bot.calls.filter(({ result }) => result === 'refused').length).toBe(1);

    expect(operator.view()?.hash).toBe(plan.hash);
    expect(await bot.runIds()).toEqual([dry]);
  });

  test('without the store the page says that nobody knows; what is sent again finds the same run', async () => {
    const dry = await planned();
    await endPlanning(dry);
    const plan = await page('Plan');
    bot.runs.failures.failNext('create', 'after');
    await operator.submit(plan, {});
    expect(textOf(await page('Not known'))).toContain('it is not known whether this was recorded');
    const run = await newRun([dry]);
    await takeOver({});
    await operator.submit(plan, {});
    await page('Requested');

    expect(await bot.runIds()).toEqual([dry, run]);
  });
});
