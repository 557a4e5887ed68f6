import type { HostCall, HostErrorCode, HostFacts, HostPort, HostResult } from '../../src/core/ports/hosts.ts';
import type { ExecOutcome } from '../../src/core/ports/kubernetes.ts';
import { createFakeMachine, type FakeMachine } from './host-machine.ts';
import { runProgram } from './host-programs.ts';

export type { FakeMachine } from './host-machine.ts';

/** The facts that fakes have unless told otherwise. */
export const FAKE_HOST_FACTS: HostFacts = {
  service: 'etcd.service',
  dataDirectory: '/var/lib/etcd',
  environmentFile: '/etc/default/etcd',
};

/** One call that was made. */
export interface FakeHostCall {
  readonly host: string;
  readonly argv: readonly string[];
}

/** How the next calls go wrong. */
export interface FakeHostFault {
  /** Only calls to this host; absent: any. */
  readonly host?: string;
  /** Only calls whose words, joined by blanks, match; absent: any. */
  readonly words?: RegExp;
  readonly code: HostErrorCode;
  /** Whether the program does its work all the same; default: no. */
  readonly happens?: boolean;
  /** How many calls; default 1. */
  readonly times?: number;
}

/** Machines in memory with state, and the knobs to disturb them. */
export interface FakeHosts {
  readonly port: HostPort;
  /** Every call, oldest first. */
  readonly calls: readonly FakeHostCall[];
  /** Adds a machine that is on, with an empty data directory, a file of settings and a service that is stopped. */
  add(host: string, settings?: Readonly<Record<string, string>>): FakeMachine;
  /** @throws Error for an unknown host. */
  machine(host: string): FakeMachine;
  /** Makes calls go wrong, in the order given. */
  fail(fault: FakeHostFault): void;
}

/** Makes the access to machines in memory; none is there yet. */
export function createFakeHosts(facts: HostFacts = FAKE_HOST_FACTS): FakeHosts {
  const machines = new Map<string, FakeMachine>();
  const calls: FakeHostCall[] = [];
  const faults: { readonly fault: FakeHostFault; left: number }[] = [];
  let closed = false;
  function machine(host: string): FakeMachine {
    const found = machines.get(host);
    if (found === undefined) throw new Error(`there is no machine ${host}`);
    return found;
  }
  function faultOf(host: string, argv: readonly string[]): FakeHostFault | null {
    const found = faults.find(
      ({ fault, left }) =>
        left > 0 && (fault.host ?? host) === host && (fault.words === undefined || fault.words.test(argv.join(' '))),
    );
    if (found === undefined) return null;
    found.left -= 1;
    return found.fault;
  }
  async function run(host: string, argv: readonly string[], call: HostCall): Promise<HostResult<ExecOutcome>> {
    await Promise.resolve();
    if (closed || call.signal?.aborted === true) return failed('cancelled', 'the call was cancelled; nothing was run');
    calls.push({ host, argv });
    const there = machines.get(host);
    if (there?.isOn !== true) return failed('unreachable', `no connection to ${host}; nothing was run`);
    const fault = faultOf(host, argv);
    if (fault !== null && fault.happens !== true) return failed(fault.code, `${argv.join(' ')}: ${fault.code}`);
    const outcome = runProgram(there, argv, call.stdin);
    if (fault !== null) return failed(fault.code, `${argv.join(' ')}: ${fault.code}; it may still be running`);
    if (outcome === null) return failed('refused', `env: '${argv[0]}': No such file or directory; nothing was run`);
    const most = call.maxBytes ?? 4 << 20;
    if (outcome.stdout.length + outcome.stderr.length > most)
      return failed('too-large', `it printed more than ${most} bytes`);
    return { ok: true, value: outcome };
  }
  return {
    port: {
      facts,
      run,
      async close() {
        closed = true;
        await Promise.resolve();
      },
    },
    calls,
    add(host, settings = {}) {
      const made = createFakeMachine(facts, settings);
      machines.set(host, made);
      return made;
    },
    machine,
    fail: (fault) => void faults.push({ fault, left: fault.times ?? 1 }),
  };
}

function failed(code: HostErrorCode, message: string): HostResult<never> {
  return { ok: false, error: { code, message } };
}
