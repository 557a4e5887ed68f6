import { textAt } from '../kubernetes/api/reading.ts';
import type { ApiObject } from '../kubernetes/contracts.ts';
import { identity, isGoing } from '../kubernetes/controllers/objects.ts';
import { conditionOf, type Said, type Shape } from './shape.ts';

/** How a control plane is asked to be, and what it waits for. */
export interface PlaneFacts {
  readonly wanted: number;
  readonly paused: boolean;
  /** Lines of why the next machine is not made or ended now. */
  readonly blocked: readonly string[];
}

/** The conditions of a KubeadmControlPlane. Pure. Source: cluster-api controlplane/kubeadm/reconcilers/kubeadmcontrolplane/status.go */
export function planeConditions(
  shape: Shape,
  machines: readonly ApiObject[],
  { wanted, paused, blocked }: PlaneFacts,
): readonly Said[] {
  const is = (machine: ApiObject, type: string, status: string): boolean =>
    conditionOf(shape, machine, type)['status'] === status;
  const joining = machines.filter((each) => textAt(each, 'status', 'nodeRef', 'name') === '');
  const sick = machines.filter((each) => !is(each, 'EtcdMemberHealthy', 'True') && !joining.includes(each));
  const untold = joining.filter((each) => !is(each, 'EtcdMemberHealthy', 'True'));
  const handed = machines.filter(
    (each) => is(each, 'HealthCheckSucceeded', 'False') && is(each, 'OwnerRemediated', 'False'),
  );
  const others = machines.filter((each) => !isGoing(each) || machines.length <= wanted);
  const healthy = others.filter((each) => is(each, 'EtcdMemberHealthy', 'True'));
  const available = healthy.length > others.length / 2;
  return [
    healthOf('EtcdClusterHealthy', { sick, untold, why: 'etcd member is not healthy', old: 'EtcdClusterUnhealthy' }),
    yesNo('Available', available, ['Available', 'NotAvailable'], { old: {} }),
    yesNo('CertificatesAvailable', true, ['Available', 'NotAvailable'], { old: {} }),
    yesNo('Initialized', true, ['Initialized', 'NotInitialized']),
    healthOf('ControlPlaneComponentsHealthy', {
      sick: [],
      untold: joining,
      why: 'components are not healthy',
      old: 'ControlPlaneComponentsUnhealthy',
    }),
    machinesReady(
      shape,
      machines,
      machines.filter((each) => !is(each, 'Ready', 'True')),
    ),
    ...scaling(machines.length, wanted, blocked),
    ...rollingConditions(shape, machines),
    yesNo('Remediating', handed.length > 0, ['Remediating', 'NotRemediating'], {
      message: handed.length > 0 ? `* Machine ${names(handed)} is to be remediated` : '',
    }),
    yesNo('Deleting', false, ['Deleting', 'NotDeleting']),
    yesNo('Paused', paused, ['Paused', 'NotPaused']),
    { ...yesNo('Ready', available && machines.length === wanted, ['Ready', 'NotReady'], { old: {} }), newer: false },
  ];
}

/** What is told of machines one by one: a sick one denies it; one without a node cannot be judged, and the whole is `Unknown`. */
function healthOf(
  type: string,
  {
    sick,
    untold,
    why,
    old,
  }: {
    readonly sick: readonly ApiObject[];
    readonly untold: readonly ApiObject[];
    readonly why: string;
    readonly old: string;
  },
): Said {
  const lines = [
    ...(sick.length === 0 ? [] : [`* Machine ${names(sick)}: ${why}`]),
    ...(untold.length === 0 ? [] : [`* Machine ${names(untold)}: Waiting for a Node with spec.providerID to exist`]),
  ];
  const said = yesNo(type, lines.length === 0, ['Healthy', 'NotHealthy'], {
    message: lines.join('\n'),
    old: { reason: old, severity: 'Error' },
  });
  return sick.length === 0 && untold.length > 0 ? { ...said, status: 'Unknown', reason: 'HealthUnknown' } : said;
}

/** `MachinesReady` of whoever controls machines. */
export function machinesReady(shape: Shape, machines: readonly ApiObject[], notReady: readonly ApiObject[]): Said {
  if (machines.length === 0) return { type: 'MachinesReady', status: 'True', reason: 'NoReplicas' };
  const why = (each: ApiObject): string => textAt(conditionOf(shape, each, 'Ready'), 'message');
  return yesNo('MachinesReady', notReady.length === 0, ['Ready', 'NotReady'], {
    message: notReady.map((each) => `* Machine ${identity(each).name}: ${why(each)}`).join('\n'),
    old: { severity: 'Warning' },
  });
}

/** `MachinesUpToDate` and `RollingOut` of whoever controls machines, and what the older vocabulary has for them. */
export function rollingConditions(shape: Shape, machines: readonly ApiObject[]): readonly Said[] {
  const outdated = machines.filter((each) => conditionOf(shape, each, 'UpToDate')['status'] === 'False');
  const lines = new Set(
    outdated.flatMap((each) => textAt(conditionOf(shape, each, 'UpToDate'), 'message').split('\n')),
  );
  const reasons = [...lines].filter((each) => each !== '').toSorted();
  const versionsFirst = [
    ...reasons.filter((each) => each.startsWith('* Version')),
    ...reasons.filter((each) => !each.startsWith('* Version')),
  ];
  const rolling = outdated.length > 0;
  const said = [`Rolling out ${outdated.length} not up-to-date replicas`, ...versionsFirst].join('\n');
  const current = machines.length - outdated.length;
  return [
    yesNo('RollingOut', rolling, ['RollingOut', 'NotRollingOut'], { message: rolling ? said : '' }),
    yesNo('MachinesUpToDate', !rolling, ['UpToDate', 'NotUpToDate'], {
      message: rolling ? `* Machines ${names(outdated)}:\n  ${versionsFirst.join('\n  ')}` : '',
    }),
    {
      ...yesNo('MachinesSpecUpToDate', !rolling, ['UpToDate', 'RollingUpdateInProgress'], {
        message: rolling
          ? `Rolling ${outdated.length} replicas with outdated spec (${current} replicas up to date)`
          : '',
        old: { severity: 'Warning' },
      }),
      newer: false,
    },
  ];
}

/** `ScalingUp` and `ScalingDown`, and `Resized` of the older vocabulary. */
export function scaling(has: number, wanted: number, blocked: readonly string[]): readonly Said[] {
  const [up, down] = [has < wanted, has > wanted];
  const why = blocked.length === 0 ? '' : ` is blocked because:\n${blocked.join('\n')}`;
  return [
    yesNo('ScalingUp', up, ['ScalingUp', 'NotScalingUp'], {
      message: up ? `Scaling up from ${has} to ${wanted} replicas${why}` : '',
    }),
    yesNo('ScalingDown', down, ['ScalingDown', 'NotScalingDown'], {
      message: down ? `Scaling down from ${has} to ${wanted} replicas${why}` : '',
    }),
    {
      ...yesNo('Resized', !up && !down, ['Resized', up ? 'ScalingUp' : 'ScalingDown'], {
        message: up || down ? `Scaling ${up ? 'up' : 'down'} to ${wanted} replicas (actual ${has})` : '',
        old: { severity: 'Warning' },
      }),
      newer: false,
    },
  ];
}

function names(machines: readonly ApiObject[]): string {
  return machines.map((each) => identity(each).name).join(', ');
}

/** A condition that holds or not. */
export function yesNo(
  type: string,
  holds: boolean,
  [yes, no]: readonly [string, string],
  { message = '', old }: Pick<Said, 'message' | 'old'> = {},
): Said {
  return {
    type,
    status: holds ? 'True' : 'False',
    reason: holds ? yes : no,
    message,
    ...(old === undefined ? {} : { old }),
  };
}
