import { describe, expect, it } from 'vitest';
import { draftedGates, draftProblem } from '../../../src/core/draft-gates.ts';
import { standardGate } from '../../../src/core/gate.ts';
import { GateSpec } from '../../../src/core/plan.ts';
import type { DraftGate } from '../../../src/core/runbook.ts';
import { sampleApprovals, sampleDraftGate, sampleRequest, sampleStep } from '../../support/run-samples.ts';

const typed = sampleDraftGate({ id: 'member', kind: 'typed', expect: 'cp-2 8e9e05c52164694d' });
const two = sampleApprovals({ required: 2, from: ['approver'], expiresMs: 600_000 });

/** Of gates of a plan with one step, whose runbook knows one watch. */
function problem(...gates: readonly DraftGate[]): string | null {
  return draftProblem({ steps: [sampleStep()], gates }, [{ kind: 'host@1' }]);
}

describe('who must agree at the gates of a runbook', () => {
  it('typed and choice: whatever the plan itself asks for', () => {
    const request = sampleRequest({ approvals: two, requires: sampleApprovals({ from: ['security'] }) });
    const steps = [sampleStep('irreversible')];
    const choice = sampleDraftGate({ id: 'how', kind: 'choice', choices: ['off', 'away'] });
    const [own] = [standardGate(request, steps)];

    for (const gate of draftedGates(request, steps, [typed, choice])) expect(gate.approvals).toEqual(own?.approvals);
  });

  it('also what the policy asks for beside it by the time of the plan', () => {
    const [gate] = draftedGates(sampleRequest(), [sampleStep()], [typed], sampleApprovals({ from: ['lead'] }));

    expect(JSON.stringify(gate?.approvals)).toContain('lead');
  });

  it('the defaults, where the plan itself asks nobody', () => {
    const [gate] = draftedGates(sampleRequest({ approvals: null }), [sampleStep('read')], [typed]);

    expect(gate?.approvals).toEqual(sampleRequest().defaultApprovals);
  });

  it('continue: one who may approve or ask for it, the requester included, for its own time, reminded at half', () => {
    const request = sampleRequest({ approvals: two, allow: ['operator', 'platform'] });
    const goOn = sampleDraftGate({ expiresMs: 12 * 3_600_000 });

    expect(draftedGates(request, [sampleStep()], [goOn])[0]?.approvals).toEqual({
      required: 1,
      from: ['approver', 'operator', 'platform'],
      requesterMayApprove: true,
      expiresMs: 12 * 3_600_000,
      remindMs: 6 * 3_600_000,
    });
  });

  it('continue, of a request from before roles were kept, for the time of the policy', () => {
    const [gate] = draftedGates(sampleRequest({ approvals: two }), [sampleStep()], [sampleDraftGate()]);

    expect(gate?.approvals).toMatchObject({ from: ['approver'], expiresMs: 600_000, remindMs: 300_000 });
  });

  it('a time of its own is for continue only', () => {
    const [gate] = draftedGates(sampleRequest({ approvals: two }), [sampleStep()], [{ ...typed, expiresMs: 1 }]);

    expect(gate?.approvals.expiresMs).toBe(600_000);
  });

  it('keeps the list that it asks about', () => {
    const steps = [sampleStep(), sampleStep()];
    const about = { ...typed, about: 'stuck' };

    expect(draftedGates(sampleRequest(), steps, [about, typed]).map((gate) => gate.about)).toEqual([
      'stuck',
      undefined,
    ]);
    expect(draftProblem({ steps, gates: [about] }, [])).toBeNull();
    expect(draftProblem({ steps, gates: [sampleDraftGate({ about: 'stuck' })] }, [])).toMatch(/no step can have left/);
  });

  it('what is not asked for is not there, so that it is not in the hash', () => {
    const watch = { kind: 'etcd.host-built@1', input: { nodes: [] } } as const;
    const drafts = [typed, sampleDraftGate({ watch, instructions: 'kubeadm join' })];
    const [first, second] = draftedGates(sampleRequest(), [sampleStep()], drafts);

    expect(Object.keys(first ?? {})).not.toContain('watch');
    expect(second).toMatchObject({ watch, instructions: 'kubeadm join' });
    expect(GateSpec.parse(second)).toEqual(second);
  });
});

describe('gates that cannot be right', () => {
  const watch = { kind: 'host@1', input: null } as const;
  const right = sampleDraftGate({ beforeStep: 0, watch });

  it.each<[string, readonly DraftGate[], RegExp]>([
    ['two of one id', [right, right], /is there twice/],
    ['one with the id of the policy', [{ ...right, id: 'approve' }], /name of the one of the policy/],
    ['one behind the last step', [{ ...right, beforeStep: 1 }], /before no step/],
    ['a typed one without a text', [{ ...typed, beforeStep: 0, expect: null }], /text to type do not fit/],
    ['a continue one with a text', [{ ...right, expect: 'cp-2' }], /text to type do not fit/],
    ['a choice without choices', [{ ...typed, beforeStep: 0, kind: 'choice', expect: null }], /choices do not fit/],
    ['a typed one with a watch', [{ ...typed, beforeStep: 0, watch }], /people have to answer/],
    ['a first one about a list', [{ ...typed, beforeStep: 0, about: 'stuck' }], /no step can have left/],
    ['a watch that is not declared', [{ ...right, watch: { ...watch, kind: 'host@2' } }], /does not declare: host@2/],
  ])('%s', (_what, gates, words) => {
    expect(problem(...gates)).toMatch(words);
  });

  it('none, and none of a draft that blocks before it has steps', () => {
    expect(problem(right, { ...typed, beforeStep: 0 })).toBeNull();
    expect(draftProblem({ steps: [], gates: [{ ...right, beforeStep: 7 }] }, [{ kind: 'host@1' }])).toBeNull();
  });
});

describe('the gate of the policy', () => {
  const steps = [sampleStep('read'), sampleStep('disruptive')];

  it('comes before the first step that changes something, or first of all where the plan says so', () => {
    expect(standardGate(sampleRequest(), steps)?.beforeStep).toBe(1);
    expect(standardGate(sampleRequest(), steps, null, true)?.beforeStep).toBe(0);
  });
});
