import { joiningSettings, type NamedPeer } from './environment-file.ts';
import { memberWords, type NamedMember } from './member-words.ts';

/** What is the same in all instructions. Names come from the cluster as they are there. */
interface HostOrder {
  readonly cluster: string;
  /** The member that is gone when the instructions are read. */
  readonly member: NamedMember;
}

/** What is said to who rebuilds a control-plane node of kubeadm. */
export interface KubeadmHostOrder {
  readonly cluster: string;
  /** The member that is gone when the instructions are read; `null`: it was removed before anybody asked. */
  readonly member: NamedMember | null;
  /** The node as it was called. */
  readonly node: string;
  /** Whether there was a Node object, which is deleted when the instructions are read. */
  readonly hadNode: boolean;
  /** A control-plane node that is well. */
  readonly healthyNode: string;
}

/** What is said to who builds the host of a bare ring. */
export interface RingHostOrder extends HostOrder {
  /** The member that is to be started: it stands in the list as a learner without a name by then. */
  readonly joins: NamedPeer;
  /** All members that stay. */
  readonly others: readonly NamedPeer[];
  /** As configured in etcd.hosts; `null`: not configured. */
  readonly facts: { readonly service: string; readonly dataDirectory: string; readonly environmentFile: string } | null;
  /** The disk of the old data is full, and the new member starts at the same address. */
  readonly diskFull: boolean;
}

/** What is said to who builds a control-plane host of OpenShift. */
export interface OpenshiftHostOrder {
  readonly cluster: string;
  /** `null`: it was removed before anybody asked. */
  readonly member: NamedMember | null;
  readonly node: string;
  /** Of OpenShift: `4.18.3`. */
  readonly version: string;
  /** Name of the Machine that Drydock deletes; `null`: there was none. */
  readonly machine: string | null;
  readonly bareMetal: boolean;
}

type Part = readonly [what: string, ...commands: string[]];

/** Numbered sentences, each with its commands below it, as they are typed. */
function numbered(head: string, parts: readonly Part[], foot: readonly string[]): string {
  const body = parts.flatMap(([what, ...commands], index) => [
    `${index + 1}. ${what}`,
    ...commands.map((command) => `   ${command}`),
  ]);
  return [head, ...body, ...foot].join('\n');
}

/** Foot of instructions that print what lets a machine in. */
export const NEVER_HERE = 'Never paste a token or a key into Slack: type them on the machines only.';

/**
 * The commands for a control-plane node of kubeadm, by which it joins as a new member. Shown in a thread; no secret is in them.
 *
 * Source: kubeadm's documentation, *Highly available clusters*.
 */
export function kubeadmHostCommands({ cluster, member, node, hadNode, healthyNode }: KubeadmHostOrder): string {
  const gone = hadNode ? `, and the Node object ${node} is deleted` : '';
  return numbered(
    `${member === null ? `The member of ${node}` : memberWords(member)} is no member of ${cluster} any more${gone}. What is left to do on the machines:`,
    [
      [
        `If the old machine still runs, on ${node}. Do not go by what kubeadm says of the member: Drydock has removed it, and looks again.`,
        'kubeadm reset -f',
        'ls -A /var/lib/etcd',
      ],
      [
        'The last command must print nothing. What it prints is data of a removed member: move it away, or the new member cannot join.',
        'mkdir -p /var/lib/etcd-old && mv /var/lib/etcd/* /var/lib/etcd-old/',
      ],
      ['If it does not run, make sure that it stays off: started again it would come back with old data.'],
      [
        `On ${healthyNode}: print what is needed to join. The key is good for 2 h.`,
        'kubeadm init phase upload-certs --upload-certs',
        'kubeadm token create --print-join-command',
      ],
      [
        `On the new machine, or on ${node} after its reset: the command that was printed, with two words more.`,
        'PRINTED-JOIN-COMMAND --control-plane --certificate-key PRINTED-KEY',
      ],
    ],
    [
      NEVER_HERE,
      'This goes on by itself when a member that was not there before is in the list and has started. Should kubeadm leave a learner behind, Drydock promotes it.',
    ],
  );
}

/** A full disk has no room for a new member beside the old data. */
function oldDataPart(data: string, { diskFull }: RingHostOrder): Part {
  const where = `On the host of the new member: there must be no ${data}/member`;
  if (!diskFull)
    return [
      `${where}. Old data are moved aside on the same disk, and never moved back.`,
      `ls -A ${data}`,
      `mv -T ${data}/member ${data}/old-member`,
    ];
  return [
    `${where}, and its disk was full: give it an empty disk, or copy the old data to another one before they are deleted. The new member needs more room than any of the others uses (DB SIZE).`,
    `df -h ${data}`,
    `ls -A ${data}`,
    'etcdctl endpoint status --cluster -w table',
  ];
}

/** The settings of {@link joiningSettings} as lines of an environment file. */
function settingLines(joins: NamedPeer, others: readonly NamedPeer[]): readonly string[] {
  return Object.entries(joiningSettings(joins, others)).flatMap(([name, value]) =>
    value === null ? [] : [`${name}="${value}"`],
  );
}

/**
 * The commands for the host of a bare ring's new member. Shown in a thread; no secret is in them.
 *
 * Source: etcd's documentation, *Runtime reconfiguration*.
 */
export function ringHostCommands(order: RingHostOrder): string {
  const { cluster, member, joins, others, facts } = order;
  const service = facts?.service ?? 'etcd.service';
  const data = facts?.dataDirectory ?? '/var/lib/etcd';
  const file = facts?.environmentFile ?? '/etc/default/etcd';
  const guessed =
    facts === null
      ? [`${service}, ${data} and ${file} are what is usual: etcd.hosts of ${cluster} is not configured. Use your own.`]
      : [];
  return numbered(
    `${memberWords(member)} is no member of ${cluster} any more. ${joins.name} stands in the list with ${joins.peerUrls.join(', ')}, and waits to be started:`,
    [
      [
        'On the old host: stop etcd for good, and see that it has no process. If the host does not run, make sure that it stays off.',
        `systemctl disable --now ${service}`,
        `systemctl show --property=ActiveState,MainPID -- ${service}`,
      ],
      oldDataPart(data, order),
      [
        `Set these in ${file}, and take out ETCD_FORCE_NEW_CLUSTER, ETCD_DISCOVERY and ETCD_DISCOVERY_SRV:`,
        ...settingLines(joins, others),
      ],
      [
        'Certificates: those of the new host, issued by the same CA, with its address in them. Then start etcd.',
        `systemctl reset-failed ${service}`,
        `systemctl enable --now ${service}`,
      ],
    ],
    [...guessed, 'This goes on by itself when the new member answers. Drydock promotes it when it has caught up.'],
  );
}

const BMH_FIRST = 'From 4.22 on the documentation deletes the BareMetalHost before the Machine.';

/**
 * The commands for a control-plane host of OpenShift. Shown in a thread; no secret is in them.
 *
 * Source: OpenShift documentation, *Replacing an unhealthy bare metal etcd member*. Not seen running.
 */
export function openshiftHostCommands(order: OpenshiftHostOrder): string {
  const { cluster, member, node, version, machine, bareMetal } = order;
  const gone = machine === null ? `the Node object ${node}` : `the Node object ${node} and Machine ${machine}`;
  return numbered(
    `${member === null ? node : memberWords(member)} is no member of ${cluster} any more (OpenShift ${version}); ${gone} and the Secrets of the node are deleted. What is left to do:`,
    [
      [`Make sure that the old host of ${node} is off and stays off: started again it would come back with old data.`],
      ...(bareMetal ? bareMetalParts(node) : plainParts(node)),
      [
        'When it starts, approve its certificate requests: first the one of the bootstrapper, then the one of the node itself. Approve no other.',
        'oc get csr',
        'oc adm certificate approve NAME',
      ],
    ],
    [
      NEVER_HERE,
      'This goes on by itself when a control-plane node that was not there before is Ready. The etcd operator brings its member in.',
    ],
  );
}

function bareMetalParts(node: string): readonly Part[] {
  const oc = 'oc -n openshift-machine-api';
  return [
    [
      `Take away the BareMetalHost of the old host, if it is still there. ${BMH_FIRST}`,
      `${oc} get bmh`,
      `${oc} delete bmh HOST-OF-${node}`,
    ],
    [
      'Create the Secret with the credentials of the BMC of the new host, and its BareMetalHost: online true, externallyProvisioned false, automatedCleaningMode disabled, with its bmc.address and bootMACAddress.',
      `${oc} apply -f bare-metal-host.yaml`,
    ],
    [
      'Create its Machine from another one of the control plane, without status, spec.providerID and metadata but labels, namespace and a new name.',
      `${oc} get machine ANOTHER -o yaml`,
      `${oc} apply -f machine.yaml`,
    ],
  ];
}

function plainParts(node: string): readonly Part[] {
  return [
    [
      `Install the new host as a control-plane node, the way ${node} was installed. Who has its ignition can read what is in it, so keep it to yourself. This prints it:`,
      'oc -n openshift-machine-api extract secret/master-user-data-managed --keys=userData --to=-',
    ],
  ];
}
