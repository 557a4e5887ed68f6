import { fieldsOf } from '../kubernetes/api/reading.ts';
import type { ApiObject, Fields } from '../kubernetes/contracts.ts';
import { conditionOf, type Shape } from './shape.ts';

/** Replicas of whoever controls these machines, by the machines' own conditions; in the places of both vocabularies. */
export function countersOf(shape: Shape, machines: readonly ApiObject[]): Fields {
  const count = (type: string): number =>
    machines.filter((each) => conditionOf(shape, each, type)['status'] === 'True').length;
  const replicas = machines.length;
  const readyReplicas = count('Ready');
  const availableReplicas = count('Available');
  const upToDateReplicas = count('UpToDate');
  const older = { updatedReplicas: upToDateReplicas, unavailableReplicas: replicas - availableReplicas };
  return shape.version === 'v1beta2'
    ? {
        replicas,
        readyReplicas,
        availableReplicas,
        upToDateReplicas,
        deprecated: { v1beta1: { ...older, readyReplicas } },
      }
    : { replicas, readyReplicas, ...older, v1beta2: { readyReplicas, availableReplicas, upToDateReplicas } };
}

/** Both, field by field into the depth. Lists are not joined: the later one counts. */
export function joined(first: Fields, second: Fields): Fields {
  const both = Object.entries(second).map(([name, value]): [string, unknown] => {
    const before = first[name];
    return [name, isFields(before) && isFields(value) ? joined(before, value) : value];
  });
  return { ...first, ...Object.fromEntries(both) };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && !Array.isArray(value) && Object.keys(fieldsOf(value)).length > 0;
}
