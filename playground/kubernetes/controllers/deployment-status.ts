import { listAt, numberAt, textAt } from '../api/reading.ts';
import type { ApiObject, Fields } from '../contracts.ts';
import { conditionOf, identity, timeOf } from './objects.ts';
import { positive } from './replica-plan.ts';
import type { Bounds } from './rolling-update.ts';

/** What the status of a Deployment is reckoned from. */
export interface RolloutFacts {
  readonly deployment: ApiObject;
  readonly bounds: Bounds;
  /** `undefined`: not made yet. */
  readonly fresh: ApiObject | undefined;
  readonly old: readonly ApiObject[];
  /** Milliseconds. */
  readonly now: number;
}

type Conditions = readonly unknown[];

/** The counts, and condition Available: all that is said of a Deployment that is paused, scaled or deleted. */
export function countedStatus({ deployment, bounds, fresh, old, now }: RolloutFacts): Fields {
  const sets = fresh === undefined ? old : [fresh, ...old];
  function total(name: string): number {
    return sets.reduce((sum, set) => sum + (numberAt(set, 'status', name) ?? 0), 0);
  }
  const wanted = sets.reduce((sum, set) => sum + (numberAt(set, 'spec', 'replicas') ?? 1), 0);
  const available = total('availableReplicas');
  const enough = available >= bounds.wanted - bounds.maxUnavailable;
  const availability = enough
    ? condition('Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.')
    : condition('Available', 'False', 'MinimumReplicasUnavailable', 'Deployment does not have minimum availability.');
  return {
    ...positive('observedGeneration', numberAt(deployment, 'metadata', 'generation') ?? 0),
    ...positive('replicas', total('replicas')),
    ...positive('updatedReplicas', numberAt(fresh, 'status', 'replicas') ?? 0),
    ...positive('readyReplicas', total('readyReplicas')),
    ...positive('availableReplicas', available),
    ...positive('unavailableReplicas', Math.max(0, wanted - available)),
    terminatingReplicas: total('terminatingReplicas'),
    ...positive('collisionCount', numberAt(deployment, 'status', 'collisionCount') ?? 0),
    conditions: withCondition(listAt(deployment, 'status', 'conditions'), availability, now),
  };
}

/** The status of a Deployment that rolls out: also how it progresses, and whether pods were refused. */
export function rolloutStatus(facts: RolloutFacts): Fields {
  const { deployment, bounds, fresh, old, now } = facts;
  const status = countedStatus(facts);
  const before = conditionOf(deployment, 'Progressing');
  const done = before['reason'] === 'NewReplicaSetAvailable' && same(status, 'replicas', 'updatedReplicas');
  let conditions = listAt(status, 'conditions');
  if (!done) {
    const subject =
      fresh === undefined ? `Deployment "${identity(deployment).name}"` : `ReplicaSet "${identity(fresh).name}"`;
    if (isComplete(status, bounds)) {
      const message = `${subject} has successfully progressed.`;
      conditions = withCondition(conditions, condition('Progressing', 'True', 'NewReplicaSetAvailable', message), now);
    } else if (progressed(deployment, status)) {
      const next = condition('Progressing', 'True', 'ReplicaSetUpdated', `${subject} is progressing.`);
      conditions = withCondition(conditions, next, now, true);
    } else if (deadlineIn(deployment, now) === 0) {
      const next = condition(
        'Progressing',
        'False',
        'ProgressDeadlineExceeded',
        `${subject} has timed out progressing.`,
      );
      conditions = withCondition(conditions, next, now);
    }
  }
  const refused = [fresh, ...old]
    .map((set) => conditionOf(set, 'ReplicaFailure'))
    .find((each) => each['status'] === 'True');
  const failure =
    refused === undefined
      ? null
      : condition('ReplicaFailure', 'True', textAt(refused, 'reason'), textAt(refused, 'message'));
  conditions =
    failure === null
      ? conditions.filter((each) => textAt(each, 'type') !== 'ReplicaFailure')
      : withCondition(conditions, failure, now);
  return { ...status, conditions };
}

/** Milliseconds until the deadline of a rollout that does not progress; 0: it is over; `null`: none runs. */
export function deadlineIn(deployment: ApiObject, now: number): number | null {
  const before = conditionOf(deployment, 'Progressing');
  const seconds = numberAt(deployment, 'spec', 'progressDeadlineSeconds') ?? 600;
  const reason = before['reason'];
  if (reason === undefined || reason === 'NewReplicaSetAvailable') return null;
  if (reason === 'ProgressDeadlineExceeded') return 0;
  const since = Date.parse(textAt(before, 'lastUpdateTime'));
  return Math.max(0, since + seconds * 1_000 - now);
}

/** Whether all is as it was wanted. */
export function isComplete(status: Fields, { wanted }: Bounds): boolean {
  return ['replicas', 'updatedReplicas', 'availableReplicas'].every((name) => (numberAt(status, name) ?? 0) === wanted);
}

function progressed(deployment: ApiObject, status: Fields): boolean {
  function gained(name: string): number {
    return (numberAt(status, name) ?? 0) - (numberAt(deployment, 'status', name) ?? 0);
  }
  const fewerOld = gained('replicas') - gained('updatedReplicas') < 0;
  return fewerOld || ['updatedReplicas', 'readyReplicas', 'availableReplicas'].some((name) => gained(name) > 0);
}

function same(status: Fields, one: string, other: string): boolean {
  return (numberAt(status, one) ?? 0) === (numberAt(status, other) ?? 0);
}

/** A condition without its times. */
export function condition(type: string, status: string, reason: string, message: string): Fields {
  return { type, status, reason, message };
}

/** The conditions with this one. One of the same status and reason stays as it is, unless it is to be noted anew. */
export function withCondition(conditions: Conditions, next: Fields, now: number, anew = false): Conditions {
  const before = conditions.find((each) => textAt(each, 'type') === next['type']);
  const sameStatus = before !== undefined && textAt(before, 'status') === next['status'];
  if (sameStatus && !anew && textAt(before, 'reason') === next['reason']) return conditions;
  const time = timeOf(now);
  const { type, status, ...words } = next;
  const lastTransitionTime = sameStatus ? textAt(before, 'lastTransitionTime') : time;
  const others = conditions.filter((each) => textAt(each, 'type') !== next['type']);
  return [...others, { type, status, lastUpdateTime: time, lastTransitionTime, ...words }];
}
