import { z } from 'zod';
import type { Json } from '../../src/core/json.ts';
import { type AnyRunbook, defineCleanup, defineRunbook, type PlanDraft } from '../../src/core/runbook.ts';
import { defineStep, ONCE } from '../../src/core/step.ts';

/** The world that the test runbook changes: valves that may be turned once each. */
export interface ValveWorld {
  /** Turns a valve: the destructive call. Every call is kept, in order. */
  turn(valve: string): Promise<void>;
  /** Whether a valve is seen to be turned. */
  isTurned(valve: string): Promise<boolean>;
  /** Sets or removes a sign that must not stay after a run. */
  sign(up: boolean): Promise<void>;
}

/** Knobs of the runbook for single tests. */
export interface ValveKnobs {
  facts: Json;
  /** Called inside a step's run before anything; may throw. */
  onRun(valve: string | null): Promise<void> | void;
  /** Called at planning; may throw or delay. */
  onPlan(): Promise<void> | void;
  checkVerdict: 'pass' | 'block';
  checkId: string;
}

/** Knobs at rest. */
export function restingKnobs(): ValveKnobs {
  return {
    facts: { plant: 'a' },
    onRun: () => undefined,
    onPlan: () => undefined,
    checkVerdict: 'pass',
    checkId: 'pressure',
  };
}

const Input = z.object({ valves: z.array(z.string()), plant: z.string() });
const State = z.object({ turned: z.array(z.string()) });

/** A runbook with one disruptive step over several valves and one that verifies; the engine's guinea pig. */
export function valveRunbook(world: ValveWorld, knobs: ValveKnobs = restingKnobs(), version = 1): AnyRunbook {
  const turnValves = defineStep({
    kind: 'valve.turn@1',
    input: Input,
    state: State,
    output: z.object({ turned: z.array(z.string()) }),
    needs: [],
    risk: 'disruptive',
    timeoutMs: () => 3_600_000,
    retry: ONCE,
    describe: (input) => `Turn ${input.valves.join(', ')}`,
    items: (input) => input.valves,
    initial: () => ({ turned: [] }),
    check: async (_context, input) => {
      const { plant } = z.object({ plant: z.string() }).parse(knobs.facts);
      return plant === input.plant
        ? { kind: 'go' }
        : { kind: 'stop', reason: 'plan-drifted', note: `plant is ${plant}, approved was ${input.plant}` };
    },
    run: async (context, input, state) => {
      let { turned } = state;
      const { open } = context;
      if (open !== null) {
        const seen = await world.isTurned(open.item);
        await context.observed({ result: seen ? 'done' : 'not-done', note: 'looked after a crash', evidence: null });
        if (seen) turned = [...turned, open.item];
      }
      const settled = context.acts.filter((act) => act.observed?.result === 'done').map((act) => act.item);
      const known = new Set([...turned, ...settled]);
      turned = input.valves.filter((valve) => known.has(valve));
      const next = input.valves.find((valve) => !known.has(valve));
      if (next === undefined) return { kind: 'done', output: { turned: [...turned] }, note: 'all turned' };
      if (context.stopping) return { kind: 'again', afterMs: 0, state: { turned: [...turned] }, note: 'stopping' };
      await knobs.onRun(next);
      await context.registerCleanup({ id: 'sign', kind: 'valve.sign@1', input: null, summary: 'warning sign' });
      await world.sign(true);
      await context.progress(`turning ${next}`);
      await context.act({ item: next, action: 'turn', facts: { before: false } }, async () => await world.turn(next));
      await context.observed({ result: 'done', note: 'turned', evidence: null });
      return { kind: 'again', afterMs: 1000, state: { turned: [...turned, next] }, note: `${next} turned` };
    },
    verify: async (_context, input) => {
      for (const valve of input.valves) {
        if (!(await world.isTurned(valve)))
          return { kind: 'stop', reason: 'not-verified', note: `${valve} is not turned` };
      }
      return { kind: 'done', output: { turned: input.valves }, note: 'seen turned' };
    },
  });
  const report = defineStep({
    kind: 'valve.report@1',
    input: z.object({}),
    state: z.null(),
    output: z.object({ ok: z.boolean() }),
    needs: [],
    risk: 'read',
    timeoutMs: () => 60_000,
    retry: { attempts: 3, backoffMs: 100 },
    describe: () => 'Look at everything',
    items: () => [],
    initial: () => null,
    check: async () => ({ kind: 'go' }),
    run: async () => {
      await knobs.onRun(null);
      return { kind: 'done', output: { ok: true }, note: 'fine' };
    },
    verify: async (_context, _input, output) => ({ kind: 'done', output, note: 'fine' }),
  });
  const sign = defineCleanup({
    kind: 'valve.sign@1',
    input: z.null(),
    needs: [],
    restore: async () => {
      await world.sign(false);
      return null;
    },
  });
  return defineRunbook({
    id: 'valve-turn',
    version,
    title: 'Turn valves',
    params: z.object({ valves: z.array(z.string()) }),
    needs: [],
    steps: [turnValves, report],
    cleanups: [sign],
    locks: (cluster) => [`cluster/${cluster}/valves`],
    plan: async (_context, { valves }): Promise<PlanDraft> => {
      await knobs.onPlan();
      const { plant } = z.object({ plant: z.string() }).parse(knobs.facts);
      return {
        identity: 'plant-1',
        facts: { plant },
        steps: valves.length === 0 ? [] : [turnValves.plan({ valves, plant }), report.plan({})],
        gates: [],
        checks: [{ id: knobs.checkId, verdict: knobs.checkVerdict, title: 'Pressure', evidence: '3 bar' }],
        forecast: [],
        notes: [],
        before: [],
      };
    },
  });
}
