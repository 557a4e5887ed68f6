import type { BackupPlace } from '../backup-place.ts';
import type { Playground } from '../playground.ts';
import type { Act, ProcessState, SlackState } from './contract.ts';

/** A request to switch something on or off. */
export type FaultRequest = Omit<Extract<Act, { act: 'fault' }>, 'act'>;

/** The faults a person can switch on and off, and what is on. */
export interface Switches {
  /** Carries it out. Answers what speaks against it. */
  set(request: FaultRequest): Promise<string | undefined>;
  isFrozen(name: string): boolean;
  slack(): SlackState;
  redis(): ProcessState;
  /** Whether a process is down because somebody switched it off here. */
  downOnPurpose(role: string): boolean;
}

/** What can be switched. */
export interface SwitchedParts extends Pick<Playground, 'redis' | 'workspace'> {
  readonly ring: { readonly members: readonly (Target & { readonly name: string })[] };
  readonly bot: Target;
  readonly worker: Target;
  readonly backups: Pick<BackupPlace, 'flipBit' | 'setAway'>;
}

interface Target {
  pid(): number | undefined;
  pause(): void;
  resume(): void;
  kill(): Promise<void>;
  start(): Promise<void>;
}

/** Slack asks callers to wait this long, in seconds. */
const RETRY_AFTER = 5;

/** Makes the switches; nothing is on. */
export function createSwitches(playground: SwitchedParts): Switches {
  const { workspace } = playground;
  /** Each with the process that was frozen: what a kubelet started in its place is not. */
  const frozen = new Map<string, number | undefined>();
  const killed = new Set<string>();
  const targetOf = targetsOf(playground, killed);
  let slack: SlackState = 'up';

  function setSlack(wanted: FaultRequest['fault']): string | undefined {
    if (wanted !== 'up' && wanted !== 'down' && wanted !== 'rate-limited') return `Slack cannot be told to ${wanted}.`;
    slack = wanted;
    if (slack === 'up') workspace.faults.clear('*');
    else if (slack === 'down') workspace.faults.set('*', { kind: 'status', status: 503 });
    else workspace.faults.set('*', { kind: 'rate-limited', retryAfter: RETRY_AFTER });
    return undefined;
  }
  async function kill(name: string, target: Target): Promise<void> {
    killed.add(name);
    frozen.delete(name);
    await target.kill();
  }
  async function start(name: string, target: Target): Promise<void> {
    await target.start();
    killed.delete(name);
  }
  async function carryOut(name: string, target: Target, fault: FaultRequest['fault']): Promise<string | undefined> {
    if (fault === 'kill') await kill(name, target);
    else if (fault === 'start') await start(name, target);
    else if (fault === 'restart') {
      await kill(name, target);
      await start(name, target);
    } else if (target.pid() === undefined) return `${name} is down.`;
    else if (fault === 'freeze') {
      target.pause();
      frozen.set(name, target.pid());
    } else if (fault === 'thaw') {
      target.resume();
      frozen.delete(name);
    } else return `${name} cannot be told to ${fault}.`;
    return undefined;
  }
  function isFrozen(name: string): boolean {
    const pid = targetOf(name)?.pid();
    return pid !== undefined && frozen.get(name) === pid;
  }
  return {
    async set({ target: name, fault }) {
      if (name === 'slack') return setSlack(fault);
      if (name === 'backups') return setBackups(playground.backups, fault);
      const target = targetOf(name);
      return target === undefined ? `There is no ${name}.` : carryOut(name, target, fault);
    },
    isFrozen,
    slack: () => slack,
    redis: () => (killed.has('redis') ? 'down' : isFrozen('redis') ? 'frozen' : 'running'),
    downOnPurpose: (role) => killed.has(role),
  };
}

async function setBackups(
  backups: SwitchedParts['backups'],
  fault: FaultRequest['fault'],
): Promise<string | undefined> {
  if (fault === 'flip-bit') return await backups.flipBit();
  if (fault !== 'up' && fault !== 'down') return `The store of backups cannot be told to ${fault}.`;
  await backups.setAway(fault === 'down');
  return undefined;
}

/** Who has that name. Members come and go. */
function targetsOf(
  { ring, redis, bot, worker }: SwitchedParts,
  killed: ReadonlySet<string>,
): (name: string) => Target | undefined {
  const others = new Map<string, Target>([
    ['bot', bot],
    ['worker', worker],
    ['redis', { ...redis, pid: () => (killed.has('redis') ? undefined : redis.pid()) }],
  ]);
  return (name) => others.get(name) ?? ring.members.find((member) => member.name === name);
}
