import type { Actor } from './actor.ts';
import type { Answer } from './answer.ts';
import type { AuditView } from './audit-view.ts';
import type { ClusterProfile } from './cluster-profile.ts';
import type { ControlDesk } from './control-desk.ts';
import type { JsonObject } from './json.ts';
import type { Policy } from './policy.ts';
import type { Reason } from './reasons.ts';
import type { Origin } from './run-event.ts';
import type { RunState } from './run-state.ts';

/** Type of a flag's value. `switch` has none. Durations are in ms once parsed. */
export type FlagType = 'switch' | 'text' | 'duration' | 'count';

/** A flag of a command. */
export interface FlagSpec {
  readonly type: FlagType;
  readonly summary: string;
  /** Shown in the usage line for flags with a value: `--pause 60s`. */
  readonly example?: string;
  /** The command is nothing without it: the usage line and the form say so, the handler refuses. Absent: it may be left out. */
  readonly required?: true;
  /** Verb of policy that it needs beside that of the command; absent: none. It cannot be scheduled then: a schedule asks for one right each time. */
  readonly alsoNeeds?: string;
}

/** A `kind/name` argument, or a word that stands alone. */
export interface TargetSpec {
  /** Accepted kinds: `member`, `node`, … */
  readonly kinds: readonly string[];
  /** Kinds of which there is one: the word stands alone, and is the name too (`controlplane`). Absent: none. */
  readonly words?: readonly string[];
  /** Flag that stands in their place (`selector`): one of the two is needed, the handler refuses neither and both. With `min` 0. Absent: none does. */
  readonly orFlag?: string;
  readonly min: number;
  readonly max: number;
}

/** What a command takes, as data: the parser, help, the manifest and later the modal are made from it. */
export interface ArgumentSpec {
  /** First argument: a cluster (required or optional), a run, a verb (help), or nothing. */
  readonly subject: 'cluster' | 'optional-cluster' | 'run' | 'optional-verb' | 'none';
  readonly targets: TargetSpec | null;
  readonly flags: Readonly<Record<string, FlagSpec>>;
  /** Free text after the subject ("reason"); `null`: none is accepted. */
  readonly rest: {
    readonly name: string;
    readonly required: boolean;
    /** It is a command: flags of its own stay in it, flags of this one are taken out wherever they stand. */
    readonly isCommand?: true;
    /** It is a name, not a text: flags may stand behind it. */
    readonly isName?: true;
  } | null;
}

/** Value of a flag after parsing. */
export type FlagValue = boolean | string | number;

/** Arguments of one command, parsed and checked against its {@link ArgumentSpec}. */
export interface CommandArguments {
  /** Cluster name, run id, or verb, as the spec's subject says; `null` when optional and absent. */
  readonly subject: string | null;
  readonly targets: readonly { readonly kind: string; readonly name: string }[];
  readonly flags: Readonly<Record<string, FlagValue>>;
  readonly rest: string;
}

/** What is asked of the engine when a command starts a run. */
export interface RunOrder {
  readonly runbook: string;
  readonly cluster: string;
  readonly params: JsonObject;
  readonly dryRun: boolean;
  readonly waitForLock: boolean;
  /** Verb, with its kind, of the run that this one takes back: the policy is asked for it as well. Absent: it takes nothing back. */
  readonly undoes?: string;
}

/** What a handler answers. */
export type CommandReply =
  | { readonly kind: 'answer'; readonly answer: Answer }
  /** Start a run; its card is the answer. */
  | { readonly kind: 'run'; readonly order: RunOrder }
  /** Share a file; where it is, is the answer. */
  | ({ readonly kind: 'file' } & SharedFile);

/** A file for the audit channel of a cluster (without one: its operations channel), and the message in whose thread it stands. */
export interface SharedFile {
  readonly cluster: string;
  readonly note: Answer;
  readonly file: { readonly name: string; readonly title: string; readonly content: string };
}

/** Answer of a vote, a cancel or another word to a run. */
export type RunWord =
  | { readonly ok: true; readonly state: RunState; readonly settled: 'approved' | 'rejected' | null }
  | { readonly ok: false; readonly reason: Reason; readonly why: string };

/** What handlers may ask of the engine and the store. Everything is limited to what the person may see. */
export interface RunDesk {
  /** Newest first. With `runbook` only runs of it, and thousands of others are passed over to find them. */
  list(query: {
    readonly cluster: string | null;
    readonly limit: number;
    readonly runbook?: string;
  }): Promise<readonly RunState[]>;
  /** By id; `latest` stands for the newest. `null`: none, or not visible to that person. */
  find(id: string): Promise<RunState | null>;
  /**
   * As {@link find}, and by its exact id also a run at whose open gate that person may decide, or has voted. It is for a
   * word to that gate, not for showing the run.
   */
  findToDecide(id: string): Promise<RunState | null>;
  /** As {@link find}, and by its exact id also a run that the person may cancel, as its button does. Not for showing the run. */
  findToCancel(id: string): Promise<RunState | null>;
  /** Runs that wait for a decision now; `most` at most. */
  waiting(most: number): Promise<readonly RunState[]>;
  vote(run: RunState, verdict: 'approve' | 'reject', note: string | null): Promise<RunWord>;
  cancel(run: RunState): Promise<RunWord>;
}

/** Everything a handler may use. */
export interface CommandContext {
  readonly actor: Actor;
  readonly policy: Policy;
  /** All configured clusters; what the person may see is decided with `maySee`. */
  readonly clusters: readonly ClusterProfile[];
  /** All commands, for help. */
  readonly commands: readonly AnyCommand[];
  readonly desk: RunDesk;
  readonly audit: AuditView;
  /** Freezes, locks by hand and schedules. */
  readonly control: ControlDesk;
  readonly origin: Origin;
  nowMs(): number;
}

/** Group of a command in the help. */
export type CommandGroup = 'read' | 'etcd' | 'nodes' | 'runs' | 'control' | 'incident';

/** One command: what a person can type after `/kube`. */
export interface AnyCommand {
  /** First word. */
  readonly name: string;
  readonly group: CommandGroup;
  /** One line, for lists. */
  readonly summary: string;
  /** What it does, what it asks for, what it never does. */
  readonly details: readonly string[];
  readonly examples: readonly string[];
  /** Verb (and kind) that policy rules name; `null`: for everyone (`help`) or decided per run (`approve`). */
  readonly policyVerb: string | null;
  /** Kinds of target that rules name behind the verb (`upgrade nodegroup`); targets are all of one kind then. Absent: the verb alone counts. */
  readonly policyKinds?: readonly string[];
  readonly arguments: ArgumentSpec;
  /** The runbook it starts; `null`: none. */
  readonly runbook: string | null;
  /** Why it cannot be scheduled, a sentence; absent: it can, if it starts a run. */
  readonly notScheduled?: string;
  /** It decides about a plan: a form wants the run by its name, since the latest may be another one when it is handed in. */
  readonly decides?: true;
  handle(context: CommandContext, args: CommandArguments): Promise<CommandReply>;
}

/** Defines a command. */
export function defineCommand(command: AnyCommand): AnyCommand {
  return command;
}

/** The further verbs of policy that these flags of a command need, in their order. */
export function furtherRights(
  { arguments: { flags: specs } }: Pick<AnyCommand, 'arguments'>,
  used: readonly string[],
): readonly { readonly flag: string; readonly verb: string }[] {
  return used.flatMap((flag) => {
    const verb = specs[flag]?.alsoNeeds;
    return verb === undefined ? [] : [{ flag, verb }];
  });
}
