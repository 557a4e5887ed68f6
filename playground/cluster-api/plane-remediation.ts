import { at, fieldsOf, numberAt, textAt } from '../kubernetes/api/reading.ts';
import type { ApiObject } from '../kubernetes/contracts.ts';
import { identity } from '../kubernetes/controllers/objects.ts';
import { IN_PROGRESS, noteIn } from './annotations.ts';
import { type CapiScene, change, remove, writeStatus } from './capi-scene.ts';
import { annotationOf, lead, type PlaneNow } from './plane-now.ts';
import { remediationTurn } from './remediation.ts';
import { secondsOf } from './seconds.ts';
import { withConditions } from './shape.ts';

/** Replaces a machine that was handed over, when that is safe. Answers whether something was done. */
export async function remediate(scene: CapiScene, now: PlaneNow): Promise<boolean> {
  const { plane, machines, judged: all, members } = now;
  if (members === null) return false;
  const turn = remediationTurn({
    initialized: true,
    inProgress: noteIn(annotationOf(plane, IN_PROGRESS)),
    machines: all,
    members,
    rules: rulesOf(plane),
    nowMs: Date.now(),
  });
  if (turn.kind === 'nothing') return false;
  if (turn.kind === 'forget-note') {
    await noteOnPlane(scene, plane, null);
    return true;
  }
  const machine = machines.find((each) => identity(each).name === turn.machine);
  if (machine === undefined) return false;
  if (turn.kind === 'defer') {
    await say(scene, machine, turn.said);
    return false;
  }
  const target = members.find(({ name }) => name === textAt(machine, 'status', 'nodeRef', 'name'));
  if (target?.leads === true) await lead(scene, now, target.name);
  await remove(scene, scene.machines, scene.shape.machines, machine);
  await say(scene, machine, turn.said);
  await noteOnPlane(scene, plane, JSON.stringify(turn.note));
  return true;
}

async function say(
  scene: CapiScene,
  machine: ApiObject,
  said: Parameters<typeof withConditions>[2][number],
): Promise<void> {
  const object = scene.machines.get(identity(machine).uid);
  if (object === undefined) return;
  const status = withConditions(scene.shape, object, [said]);
  await writeStatus(scene, scene.machines, { collection: scene.shape.machines, object, status });
}

/** Writes the note of a remediation that is under way, or takes it away. */
export async function noteOnPlane(scene: CapiScene, plane: ApiObject, note: string | null): Promise<void> {
  const patch = { metadata: { annotations: { [IN_PROGRESS]: note } } };
  await change(scene, scene.controlPlanes, { collection: scene.shape.controlPlanes, object: plane, patch });
}

/** Both versions' fields; times in ms. */
function rulesOf(plane: ApiObject): { maxRetry: number | null; retryMs: number; healthyMs: number } {
  const rules = fieldsOf(at(plane, 'spec', 'remediation') ?? at(plane, 'spec', 'remediationStrategy'));
  return {
    maxRetry: numberAt(rules, 'maxRetry') ?? null,
    retryMs: 1_000 * (numberAt(rules, 'retryPeriodSeconds') ?? secondsOf(textAt(rules, 'retryPeriod')) ?? 0),
    healthyMs:
      1_000 * (numberAt(rules, 'minHealthyPeriodSeconds') ?? secondsOf(textAt(rules, 'minHealthyPeriod')) ?? 3_600),
  };
}
