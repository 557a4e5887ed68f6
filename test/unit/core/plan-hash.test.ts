import { array, assert as assertProperty, jsonValue, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalDigest } from '../../../src/adapters/runtime/canonical-digest.ts';
import { hashedPart, needsApproval, Plan } from '../../../src/core/plan.ts';
import { sampleApprovals, sampleGate, samplePlan, sampleStep } from '../../support/run-samples.ts';

const full = samplePlan({
  gateFirst: true,
  steps: [sampleStep(), sampleStep('read', 'valve.report@1')],
  facts: { plant: 'a', member: '64' },
});

function hashOf(over: Partial<Plan> = {}): string {
  return canonicalDigest.of(hashedPart({ ...full, ...over }));
}

describe('the plan hash', () => {
  it('stays the same for other measurements: checks, forecast, notes and the state before', () => {
    assertProperty(
      property(array(string()), string(), (texts, text) => {
        const check = { id: text, verdict: 'warn' as const, title: text, evidence: text };
        const before = [{ title: text, columns: [text], rows: [texts] }];

        expect(
          hashOf({ checks: [check], forecast: texts, estimatesMs: texts.map(() => 1), notes: texts, before }),
        ).toBe(hashOf());
      }),
    );
  });

  it.each<[string, Partial<Plan>]>([
    ['the cluster identity', { identity: 'plant-2' }],
    ['the runbook', { runbook: 'valve-close' }],
    ['the version of the runbook', { runbookVersion: 2 }],
    ['a parameter', { params: { valves: ['b'] } }],
    ['a further parameter', { params: { valves: ['a'], all: true } }],
    ['a fact', { facts: { plant: 'a', member: '65' } }],
    ['a fact of another type', { facts: { plant: 'a', member: 64 } }],
    ['a missing fact', { facts: { plant: 'a' } }],
    ['the order of steps', { steps: full.steps.toReversed() }],
    ['a further step', { steps: [...full.steps, sampleStep()] }],
    ['no steps', { steps: [] }],
    ['no gate', { gates: [] }],
    ['a further gate', { gates: [...full.gates, sampleGate({ id: 'second' })] }],
    ['the locks', { locks: ['cluster/prod'] }],
    ['no locks', { locks: [] }],
  ])('changes with %s', (_name, over) => {
    expect(hashOf(over)).not.toBe(hashOf());
  });

  it.each<[string, Partial<Plan['steps'][number]>]>([
    ['kind', { kind: 'valve.turn@2' }],
    ['input', { input: { valves: ['a', 'b'] } }],
    ['summary', { summary: 'Turn a and b' }],
    ['risk', { risk: 'reversible' }],
    ['items', { items: [] }],
    ['commitment', { commits: true }],
  ])('changes with the %s of a step', (_name, over) => {
    expect(hashOf({ steps: [{ ...sampleStep(), ...over }] })).not.toBe(hashOf({ steps: [sampleStep()] }));
  });

  it.each<[string, Partial<Plan['gates'][number]>]>([
    ['id', { id: 'other' }],
    ['kind', { kind: 'typed' }],
    ['place', { beforeStep: 1 }],
    ['title', { title: 'Click here' }],
    ['expected text', { expect: 'prod' }],
    ['choices', { choices: ['now'] }],
    ['number of votes', { approvals: sampleApprovals({ required: 2 }) }],
    ['roles', { approvals: sampleApprovals({ from: ['operator'] }) }],
    ['right of the requester', { approvals: sampleApprovals({ requesterMayApprove: true }) }],
    ['time', { approvals: sampleApprovals({ expiresMs: 1 }) }],
    ['watch', { watch: { kind: 'host@1', input: null } }],
    ['instructions', { instructions: 'systemctl start etcd' }],
  ])('changes with the %s of a gate', (_name, over) => {
    expect(hashOf({ gates: [sampleGate(over)] })).not.toBe(hashOf());
  });

  it('changes with a gate that comes first, and is the old one for plans that have nothing of that', () => {
    const { gateFirst, ...plain } = full;

    expect(gateFirst).toBe(true);
    expect(canonicalDigest.of(hashedPart(plain))).not.toBe(hashOf());
    expect(Object.keys(hashedPart(plain))).not.toContain('gateFirst');
    expect(JSON.stringify(hashedPart(samplePlan()))).not.toMatch(/watch|instructions|commits|gateFirst/);
  });

  it('covers every field of a plan but the measurements', () => {
    const measured = new Set(['checks', 'forecast', 'estimatesMs', 'files', 'notes', 'before']);

    expect(Object.keys(hashedPart(full)).toSorted()).toEqual(
      Object.keys(Plan.shape)
        .filter((key) => !measured.has(key))
        .toSorted(),
    );
  });

  it('is the same after the plan went through the store, and for members in any order', () => {
    assertProperty(
      property(jsonValue({ noUnicodeString: false }), (value) => {
        const plan = Plan.parse({ ...full, facts: { value } });
        const stored: unknown = JSON.parse(JSON.stringify(Object.fromEntries(Object.entries(plan).toReversed())));

        expect(canonicalDigest.of(hashedPart(Plan.parse(stored)))).toBe(canonicalDigest.of(hashedPart(plan)));
      }),
    );
  });
});

describe('steps that need approval', () => {
  it.each([
    ['read', false],
    ['reversible', false],
    ['disruptive', true],
    ['irreversible', true],
  ] as const)('%s: %s', (risk, needed) => {
    expect(needsApproval([sampleStep('read'), sampleStep(risk)])).toBe(needed);
  });
});
