import type { ValveWorld } from './valve-runbook.ts';

/** Valves in memory. Calls are kept in order, so that a test can count them. */
export interface FakeValves extends ValveWorld {
  readonly turns: string[];
  readonly turned: Set<string>;
  signUp: boolean;
}

/** Makes valves, all closed. */
export function createValves(): FakeValves {
  const world: FakeValves = {
    turns: [],
    turned: new Set(),
    signUp: false,
    turn: async (valve) => {
      world.turns.push(valve);
      world.turned.add(valve);
    },
    isTurned: async (valve) => world.turned.has(valve),
    sign: async (up) => {
      world.signUp = up;
    },
  };
  return world;
}
