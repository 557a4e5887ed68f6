import type { Person } from '../workspace/person.ts';
import type { WorkspaceState } from '../workspace/state.ts';
import type { Act, Completions } from './contract.ts';
import type { FaultRequest } from './switches.ts';
import { writeAs } from './write.ts';

/** What acts work on. */
export interface ActParts {
  readonly state: WorkspaceState;
  readonly completions: Completions;
  /** Carries out a fault; answers what speaks against it. */
  readonly setFault: (request: FaultRequest) => Promise<string | undefined>;
  /** Sets or clears a fault of a member; answers what speaks against it. */
  readonly setMemberFault: (order: MemberFaultRequest) => Promise<string | undefined>;
  /** Turns a switch of a whole cluster; answers what speaks against it. */
  readonly turnSwitch: (order: SwitchRequest) => Promise<string | undefined>;
  /** Does what a person does outside Drydock for a cluster; answers why there is nothing to do. */
  readonly work: (cluster: string) => Promise<string | undefined>;
}

/** A request to set or clear a fault of a member, as it came. */
export type MemberFaultRequest = Omit<Extract<Act, { act: 'member-fault' }>, 'act'>;

/** A request to turn a switch of a whole cluster, as it came. */
export type SwitchRequest = Omit<Extract<Act, { act: 'switch' }>, 'act'>;

/** Carries out what a person asked for on the page. Answers a problem to show, or undefined. */
export async function carryOut(person: Person, act: Act, parts: ActParts): Promise<string | undefined> {
  const { state } = parts;
  switch (act.act) {
    case 'write': {
      const commands = parts.completions.commands.map((one) => one.command);
      return writeAs(person, state, commands, act);
    }
    case 'click': {
      const { channel, ts, actionId, value } = act;
      await person.click({ channel, ts, actionId, ...(value === undefined ? {} : { value }) });
      return undefined;
    }
    case 'press':
    case 'submit':
    case 'close': {
      const view = person.view();
      if (view?.id !== act.view) return 'This form is no longer open.';
      if (act.act === 'close') await person.close(view);
      else if (act.act === 'press') await person.clickView(view, act.actionId);
      else await person.submit(view, act.values);
      return undefined;
    }
    case 'fault':
      return parts.setFault(act);
    case 'member-fault':
      return parts.setMemberFault(act);
    case 'switch':
      return parts.turnSwitch(act);
    case 'work':
      return parts.work(act.cluster);
  }
}
