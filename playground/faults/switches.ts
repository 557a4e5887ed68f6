/** What can be switched of a whole cluster, where it has it; in the order in which it is offered. */
export const SWITCH_NAMES = [
  'self-heal',
  'commit',
  'topology',
  'budget-blocks',
  'never-ends',
  'never-joins',
  'vanishes',
  'management-away',
] as const;
export type SwitchName = (typeof SWITCH_NAMES)[number];

/** A switch of a cluster. */
export interface ClusterSwitch {
  readonly name: SwitchName;
  /** In a few words, for buttons. */
  readonly title: string;
  /** What it does, as a sentence without its subject. */
  readonly does: string;
  /** `null`: it is no state, it is done at once. */
  isOn(): boolean | null;
  /** Switches it. Answers what was done, in a sentence. @throws Error that says why it cannot be. */
  turn(on: boolean): Promise<string>;
}

/** A switch that is to be turned. */
export interface SwitchOrder {
  readonly cluster: string;
  readonly switch: SwitchName;
  readonly on: boolean;
}
