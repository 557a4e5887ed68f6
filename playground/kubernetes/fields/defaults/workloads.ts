import type { Fields } from '../../contracts.ts';
import { fieldsOf } from '../json.ts';
import { type Filling, filled, inside, inTurn } from './filling.ts';
import { template } from './pods.ts';
import { claim } from './volumes.ts';

const templates: Filling = (spec) => inside(spec, 'template', template);

/** A Deployment. */
export function deployment(value: Fields): Fields {
  return inside(value, 'spec', (spec) => {
    const complete = filled(spec, { replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 });
    const strategy = rolling(fieldsOf(complete['strategy']), { maxUnavailable: '25%', maxSurge: '25%' });
    return templates({ ...complete, strategy });
  });
}

/** `RollingUpdate` unless said otherwise, with its numbers. */
function rolling(strategy: Fields, numbers: Fields): Fields {
  const typed = filled(strategy, { type: 'RollingUpdate' });
  if (typed['type'] !== 'RollingUpdate') return typed;
  return { ...typed, rollingUpdate: filled(fieldsOf(typed['rollingUpdate']), numbers) };
}

/** A ReplicaSet. */
export function replicaSet(value: Fields): Fields {
  return inside(value, 'spec', (spec) => templates(filled(spec, { replicas: 1 })));
}

/** A DaemonSet. The annotation is what is left of its template's generation. */
export function daemonSet(value: Fields): Fields {
  const annotated = inside(value, 'metadata', (metadata) => ({
    ...metadata,
    annotations: filled(fieldsOf(metadata['annotations']), { 'deprecated.daemonset.template.generation': '1' }),
  }));
  return inside(annotated, 'spec', (spec) => {
    const updateStrategy = rolling(fieldsOf(spec['updateStrategy']), { maxUnavailable: 1, maxSurge: 0 });
    return templates({ ...filled(spec, { revisionHistoryLimit: 10 }), updateStrategy });
  });
}

/** A StatefulSet. */
export function statefulSet(value: Fields): Fields {
  return inside(value, 'spec', (spec) => {
    const complete = filled(spec, { podManagementPolicy: 'OrderedReady', replicas: 1, revisionHistoryLimit: 10 });
    const policy = filled(fieldsOf(spec['persistentVolumeClaimRetentionPolicy']), {
      whenDeleted: 'Retain',
      whenScaled: 'Retain',
    });
    const updateStrategy = rolling(fieldsOf(spec['updateStrategy']), { partition: 0 });
    const claims = inside(complete, 'volumeClaimTemplates.*', (one) =>
      claim({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', ...one }),
    );
    return templates({ ...claims, persistentVolumeClaimRetentionPolicy: policy, updateStrategy });
  });
}

function jobSpec(spec: Fields): Fields {
  const both = (spec['completions'] ?? spec['parallelism']) === undefined;
  const complete = filled(spec, {
    ...(both ? { completions: 1 } : {}),
    parallelism: 1,
    backoffLimit: 6,
    completionMode: 'NonIndexed',
    suspend: false,
    podReplacementPolicy: spec['podFailurePolicy'] === undefined ? 'TerminatingOrFailed' : 'Failed',
  });
  return templates(complete);
}

/** A Job. */
export function job(value: Fields): Fields {
  return inside(value, 'spec', jobSpec);
}

/** A CronJob. The jobs of its template are filled in when they are created; only their pods are here. */
export const cronJob: Filling = inTurn(
  (value) =>
    inside(value, 'spec', (spec) =>
      filled(spec, {
        concurrencyPolicy: 'Allow',
        suspend: false,
        successfulJobsHistoryLimit: 3,
        failedJobsHistoryLimit: 1,
      }),
    ),
  (value) => inside(value, 'spec.jobTemplate.spec', templates),
);

/** A ReplicationController: selector and labels come from its template. */
export function replicationController(value: Fields): Fields {
  return inside(value, 'spec', (spec) => {
    const labels = fieldsOf(fieldsOf(fieldsOf(spec['template'])['metadata'])['labels']);
    const selected = Object.keys(labels).length === 0 ? spec : filled(spec, { selector: labels });
    return templates(filled(selected, { replicas: 1 }));
  });
}

/** A template of pods that stands alone. */
export function podTemplate(value: Fields): Fields {
  return inside(value, 'template', template);
}
