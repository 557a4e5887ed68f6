import { gitopsCheck } from '../../../src/core/gitops/check.ts';
import { type GitopsFinding, standsAgainst, suspensionsOf, suspensionWords } from '../../../src/core/gitops/finding.ts';
import { type PatchOrder, patchFile, shownCommand } from '../../../src/core/gitops/patch-file.ts';
import { valueAt } from '../../../src/core/gitops/patch-words.ts';
import type { PatchedObject, Suspended } from '../../../src/core/gitops/suspend.ts';
import { throughTopology } from '../../../src/core/gitops/topology-patch.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import type { Check } from '../../../src/core/plan.ts';
import type { PlanFile } from '../../../src/core/plan-file.ts';
import type { KubernetesObject } from '../../../src/core/ports/kubernetes.ts';
import type { AnyCleanup, AnyWatch, PlanContext } from '../../../src/core/runbook.ts';
import type { AnyStep } from '../../../src/core/step.ts';
import type { GroupLine, PlannedPatch } from '../../node-groups/provider.ts';
import { COMMITTED, committedWatch } from './committed-watch.ts';
import { readObject } from './ports.ts';
import { createKeepers } from './read-keepers.ts';
import { resumeIfUnchanged } from './resume-cleanup.ts';
import { resumeStep } from './resume-step.ts';
import { suspendStep } from './suspend-step.ts';

/** Steps of a runbook whose plans use {@link planGitops}. */
export const GITOPS_STEPS: readonly AnyStep[] = [suspendStep, resumeStep];
/** Its cleanups. */
export const GITOPS_CLEANUPS: readonly AnyCleanup[] = [resumeIfUnchanged];
/** Its watches. */
export const GITOPS_WATCHES: readonly AnyWatch[] = [committedWatch];

/** What of a plan concerns those who keep its objects in Git. */
export interface GitopsPlan {
  readonly checks: readonly Check[];
  /** Before the first line that changes one of the objects. */
  readonly linesBefore: readonly GroupLine[];
  /** After the last one. */
  readonly linesAfter: readonly GroupLine[];
  /** Who keeps what; empty: nobody. */
  readonly facts: JsonObject;
  readonly notes: readonly string[];
  /** The patch of each object that somebody keeps. */
  readonly files: readonly PlanFile[];
}

/** How long people have to bring a patch into Git, ms. */
const COMMIT_MS = 24 * 60 * 60_000;

/** An object that is changed, as it is now, and who keeps it. */
interface Kept {
  readonly patch: PlannedPatch;
  readonly object: KubernetesObject;
  readonly before: PatchedObject['fields'];
  readonly findings: readonly GitopsFinding[];
}

/** A patch for Git as it is handed over. */
interface Handed {
  /** Of the object. */
  readonly uid: string;
  readonly order: PatchOrder;
  readonly file: PlanFile;
}

/**
 * Looks who would take the changes of a plan back, and hands over the patches for Git. With `suspend` whoever can be suspended is, behind a
 * gate at which its name is typed; the plan then waits until Git has the patches, and lets it be followed again.
 */
export async function planGitops(
  context: PlanContext<'kubernetes' | 'management'>,
  patches: readonly PlannedPatch[],
  { suspend }: { readonly suspend: boolean },
): Promise<GitopsPlan> {
  const keepers = createKeepers(context.ports, context.signal);
  const kept: Kept[] = [];
  const unread: string[] = [];
  for (const patch of oncePerObject(patches)) {
    const read = await readObject(context.ports, { ...patch.ref, cluster: patch.cluster }, context.signal);
    const object = read.ok ? read.object : null;
    if (object === null || object.metadata.uid !== patch.uid) {
      const why = read.ok ? 'it is not there any more' : read.error.message;
      unread.push(`${patch.ref.kind} ${patch.ref.name}: ${why}`);
      continue;
    }
    const before = patch.paths.map((path) => ({
      path: [...path],
      before: valueAt(object, path) ?? null,
      after: valueAt(patch.merge, path) ?? null,
    }));
    kept.push({ patch, object, before, findings: await keepers.of(object, patch.cluster, patch.paths) });
  }
  if (unread.length > 0) return { ...NOTHING, checks: [unreadCheck(unread)] };
  return planned(kept, suspend);
}

const NOTHING: GitopsPlan = { checks: [], linesBefore: [], linesAfter: [], facts: {}, notes: [], files: [] };

function unreadCheck(unread: readonly string[]): Check {
  const title = 'Who keeps the objects in Git cannot be told';
  return { id: 'gitops', verdict: 'block', title, evidence: unread.join('; ') };
}

/** Patches of the same object become one: a topology has one version for all of its groups. */
function oncePerObject(patches: readonly PlannedPatch[]): readonly PlannedPatch[] {
  const keys = patches.map(({ uid, merge }) => JSON.stringify([uid, merge]));
  return patches.filter((_, index) => keys.indexOf(keys[index] ?? '') === index);
}

function planned(kept: readonly Kept[], suspend: boolean): GitopsPlan {
  const findings = kept.flatMap((each) => each.findings);
  const handed = handedOver(kept);
  const check = gitopsCheck(findings, kept.length, suspend, besidesOf(handed));
  const facts =
    findings.length === 0 ? {} : { keepers: findings.map(({ object, who, reverts }) => ({ object, who, reverts })) };
  const base = { ...NOTHING, checks: kept.length === 0 ? [] : [check], facts, files: handed.map(({ file }) => file) };
  if (!suspend) return base;
  if (check.verdict === 'block') return base;
  const suspended = suspendedOf(kept);
  if (suspended.length === 0) return { ...base, notes: ['--suspend-gitops: nobody has to be suspended.'] };
  return { ...base, linesBefore: [suspendLine(suspended)], linesAfter: [resumeLine(suspended, kept, handed)] };
}

/** What belongs into Git beside the patches, each once. */
function besidesOf(handed: readonly Handed[]): readonly string[] {
  return [...new Set(handed.flatMap(({ order }) => order.besides))];
}

function orderOf({ patch, object, before, findings }: Kept): PatchOrder {
  const { cluster, ref, merge, makes = [], besides = [] } = patch;
  const fields = before.map(({ path, before: value }) => ({ path, value }));
  return throughTopology({ cluster, ref, merge, makes, besides, before: fields, findings }, object);
}

/** The patch of each object that somebody keeps. Two objects may get one name of a file when it is cut. */
function handedOver(kept: readonly Kept[]): readonly Handed[] {
  const handed: Handed[] = [];
  for (const each of kept.filter(({ findings }) => findings.length > 0)) {
    const order = orderOf(each);
    const file = patchFile(order);
    const isTaken = handed.some((other) => other.file.name === file.name);
    const name = isTaken ? `${handed.length + 1}-${file.name}` : file.name;
    handed.push({ uid: each.patch.uid, order, file: { ...file, name } });
  }
  return handed;
}

/** Those to be suspended, each with the objects that it keeps. */
function suspendedOf(kept: readonly Kept[]): readonly Suspended[] {
  return suspensionsOf(kept.flatMap(({ findings }) => findings)).map((suspension) => ({
    suspension,
    objects: kept
      .filter(({ findings }) => findings.some((each) => standsAgainst(each) && each.suspension?.uid === suspension.uid))
      .map(patchedObject),
  }));
}

function patchedObject({ patch: { cluster, ref, uid }, before }: Kept): PatchedObject {
  const { apiVersion, kind, namespace, name } = ref;
  return { cluster, apiVersion, kind, namespace, name, uid, fields: before };
}

function suspendLine(suspended: readonly Suspended[]): GroupLine {
  return {
    step: suspendStep.plan({ suspended: [...suspended] }),
    forecast: 'What is committed meanwhile reaches the cluster only when Git is followed again.',
    estimateMs: 2000,
    gates: suspended.map(({ suspension }, index) => ({
      id: `suspend-gitops-${index + 1}`,
      kind: 'typed',
      title: `${suspensionWords(suspension)} will not follow Git until it has the change: type its name`,
      expect: suspension.name,
      choices: [],
    })),
  };
}

function resumeLine(suspended: readonly Suspended[], kept: readonly Kept[], handed: readonly Handed[]): GroupLine {
  const input = { suspended: suspended.map((each) => ({ ...each, objects: [...each.objects] })) };
  const isSeen =
    suspended.every(({ suspension }) => suspension.way === 'argo') &&
    kept.every(({ findings }) => findings.every(({ blind }) => blind !== true));
  const names = suspended.map(({ suspension }) => suspensionWords(suspension)).join(', ');
  return {
    step: resumeStep.plan(input),
    forecast: 'The next commit reaches the cluster again.',
    estimateMs: null,
    gates: [
      {
        id: 'commit-to-git',
        kind: 'continue',
        title: `Bring the patch into Git, before ${names} follows it again`,
        expect: null,
        choices: [],
        instructions: instructionsOf(suspended, handed, isSeen),
        expiresMs: COMMIT_MS,
        ...(isSeen ? { watch: { kind: COMMITTED, input } } : {}),
      },
    ],
  };
}

/** The name of its file, and the same as a command. */
function patchLine({ order, file }: Handed): string {
  const command = shownCommand(order.ref, order.merge);
  return `  ${file.name}${command === null ? '' : `: ${command}`}`;
}

function instructionsOf(suspended: readonly Suspended[], handed: readonly Handed[], isSeen: boolean): string {
  const objects = new Set(suspended.flatMap((each) => each.objects.map(({ uid }) => uid)));
  const patches = handed.filter(({ uid }) => objects.has(uid));
  return [
    'Commit these patches (they are files in this thread) and let them be merged:',
    ...patches.map(patchLine),
    ...besidesOf(patches),
    isSeen
      ? 'The run goes on by itself when Argo CD finds the commit in Git. To go on without that, continue it here.'
      : 'Then continue here. Nothing is followed before that, and nobody but you can tell that Git has it.',
    'Without the change in Git the version would go back.',
  ].join('\n');
}
