import { describe, expect, it } from 'vitest';
import { draftedGates } from '../../../src/core/draft-gates.ts';
import { standardGate } from '../../../src/core/gate.ts';
import { GateSpec } from '../../../src/core/plan.ts';
import { sampleApprovals, sampleDraftGate, sampleRequest, sampleStep } from '../../support/run-samples.ts';

const typed = sampleDraftGate({ id: 'member', kind: 'typed', expect: 'cp-2 8e9e05c52164694d' });
const two = sampleApprovals({ required: 2, from: ['approver'], expiresMs: 600_000 });

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

  it('what is not asked for is not there, so that it is not in the hash', () => {
    const watch = { kind: 'etcd.host-built@1', input: { nodes: [] } } as const;
    const drafts = [typed, sampleDraftGate({ watch, instructions: 'kubeadm join' })];
    const [first, second] = draftedGates(sampleRequest(), [sampleStep()], drafts);

    expect(Object.keys(first ?? {})).not.toContain('watch');
    expect(second).toMatchObject({ watch, instructions: 'kubeadm join' });
    expect(GateSpec.parse(second)).toEqual(second);
  });
});

describe('the gate of the policy', () => {
  const steps = [sampleStep('read'), sampleStep('disruptive')];

  it('comes before the first step that changes something, or first of all where the plan says so', () => {
    expect(standardGate(sampleRequest(), steps)?.beforeStep).toBe(1);
    expect(standardGate(sampleRequest(), steps, null, true)?.beforeStep).toBe(0);
  });
});
