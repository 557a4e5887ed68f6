import type { ResourceKind } from '../contracts.ts';
import { readTypes, type Types } from './notation.ts';
import { anything, type Shape } from './shape.ts';
import { admissionTypes } from './types/admission.ts';
import { clusterTypes } from './types/cluster.ts';
import { coreTypes } from './types/core.ts';
import { metaTypes } from './types/meta.ts';
import { podTypes } from './types/pods.ts';
import { reviewTypes } from './types/reviews.ts';
import { volumeTypes } from './types/volumes.ts';
import { workloadTypes } from './types/workloads.ts';

/** Every type of the built-in kinds, by name. */
export const builtInTypes: Types = readTypes([
  metaTypes,
  podTypes,
  volumeTypes,
  coreTypes,
  workloadTypes,
  clusterTypes,
  admissionTypes,
  reviewTypes,
]);

const renamed: Readonly<Record<string, string>> = {
  '/Event': 'CoreV1Event',
  'events.k8s.io/Event': 'EventsV1Event',
  'authentication.k8s.io/TokenRequest': 'AuthenticationV1TokenRequest',
  'autoscaling/HorizontalPodAutoscaler': 'V2HorizontalPodAutoscaler',
};

/** The shape of a built-in kind; `anything` for one that is not in the table. */
export function builtInShape(kind: Pick<ResourceKind, 'group' | 'kind'>): Shape {
  return builtInTypes.get(renamed[`${kind.group}/${kind.kind}`] ?? kind.kind) ?? anything;
}
