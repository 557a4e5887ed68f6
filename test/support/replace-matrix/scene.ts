import type { JsonObject } from '../../../src/core/json.ts';
import { NODE_SHELL_NAMESPACE } from '../../../src/core/kubernetes/node-shell.ts';
import type { MemberId } from '../../../src/core/ports/etcd.ts';
import type { FakeKubernetes } from '../../fakes/kubernetes.ts';
import type { StepHarness } from '../step-harness.ts';

/** One replacement in memory with everything that it touches, before it is asked for. */
export interface MatrixScene {
  readonly harness: StepHarness;
  readonly params: JsonObject;
  /** Who is to go. */
  readonly targetId: MemberId;
  /** A voter that neither goes nor leads. */
  readonly other: string;
  /** What a person does outside when a gate waits for it. */
  readonly person: () => void;
  /** Temporary changes of a run that stand still, in words. Empty: none. */
  readonly left: () => readonly string[];
}

/** Short times, so that few looks show what would happen. */
export const SHORT = { watchMs: 15_000, stillMs: 5000 } as const;

/** What a command asks for, with what it usually does. */
export function paramsOf(name: string, more: JsonObject = {}): JsonObject {
  return {
    target: { kind: 'member', name },
    backup: null,
    overHealthy: false,
    peerUrl: null,
    by: 'T0HOME/U0OP',
    ...more,
  };
}

/** The words of those that are so. */
export function wordsOf(facts: Readonly<Record<string, boolean>>): readonly string[] {
  return Object.entries(facts).flatMap(([words, is]) => (is ? [words] : []));
}

/** Whether a shell on a node was opened and is there still. */
export function hasShell(fake: FakeKubernetes): boolean {
  const prefix = `Pod ${NODE_SHELL_NAMESPACE}/`;
  return fake.calls
    .filter(({ method, detail }) => method === 'create' && detail.startsWith(prefix))
    .map(({ detail }) => detail.slice(prefix.length).split(' ')[0] ?? '')
    .some((name) => fake.read({ apiVersion: 'v1', kind: 'Pod', namespace: NODE_SHELL_NAMESPACE, name }) !== null);
}
