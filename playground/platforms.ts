import type { TlsFiles } from './certificates.ts';
import type { ClusterSwitch } from './faults/switches.ts';
import type { SampleWorkload } from './workload/workload.ts';

/** A member of a platform's etcd, with what faults need. */
export interface PlatformMember {
  /** As etcd's member list has it; on clusters also the name of its node. */
  readonly name: string;
  readonly clientUrl: string;
  /** Its data directory, as a path of this machine. */
  readonly dataDirectory: string;
  /** Undefined while it does not run. */
  pid(): number | undefined;
  /** The last that its process wrote, also one that has ended. */
  output(): string;
  /** SIGKILL. Who looks after it starts it again. */
  kill(): Promise<void>;
  /** Ends its process and keeps everybody from starting it, until {@link release}. */
  hold(): Promise<void>;
  release(): Promise<void>;
  /** Its machine loses its power; the disk stays. */
  powerOff(): Promise<void>;
  powerOn(): Promise<void>;
  /** The agent of its node; `null`: there is none. */
  readonly kubelet: PlatformKubelet | null;
}

/** The agent of a node. */
export interface PlatformKubelet {
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Since when the cluster says that the node is not ready; `null`: it says that it is, or nothing. */
  notReadySince(): Promise<Date | null>;
}

/** One cluster of the playground, whatever it is made of. */
export interface PlaygroundPlatform {
  /** As `drydock.yaml` and commands name it: `prod`, `edge`, `ocp`, `capi`. */
  readonly name: string;
  /** The members of the moment: machines come and go. */
  members(): readonly PlatformMember[];
  /** A client certificate for its etcd. */
  readonly tls: TlsFiles;
  /** What `drydock.yaml` says of it, without channels and backups, which are the same for all. */
  readonly entry: Readonly<Record<string, unknown>>;
  /**
   * What a person does outside Drydock at a gate that waits for it, for instance sets up a new host. Answers what was done, in a sentence.
   * `null`: nothing here waits for people.
   *
   * @throws Error that says why there is nothing to do.
   */
  readonly work: (() => Promise<string>) | null;
  /** What {@link work} is, on a button; left out: the building of a host. */
  readonly workTitle?: string;
  /** What can be switched of the whole cluster; left out: nothing. */
  readonly switches?: readonly ClusterSwitch[];
  /** The sample workload that runs on it; left out: none does. */
  readonly workload?: SampleWorkload;
  /** For people: how to look at it themselves; empty: nothing to say. */
  readonly hint: string;
  /** Ends every process and deletes the data. */
  stop(): Promise<void>;
}
