import type { AnyCommand, FlagSpec, TargetSpec } from '../command.ts';

/** Flags of every command that plans a change. */
export const PLAN_FLAGS = {
  'dry-run': { type: 'switch', summary: 'Plan and show, change nothing.' },
  'outside-window': {
    type: 'switch',
    summary: 'Run now although the maintenance window is closed; rules may ask for more then.',
  },
  wait: { type: 'switch', summary: 'Wait for a lock that another run holds, instead of ending.' },
} as const satisfies Readonly<Record<string, FlagSpec>>;

/** Whether a command plans a change. Reading takes no locks and changes nothing. */
export function plansChange(command: Pick<AnyCommand, 'runbook' | 'group'>): boolean {
  return command.runbook !== null && command.group !== 'read';
}

/** All flags of a command, with those of every command that plans a change. */
export function flagsOf(command: AnyCommand): Readonly<Record<string, FlagSpec>> {
  return plansChange(command) ? { ...command.arguments.flags, ...PLAN_FLAGS } : command.arguments.flags;
}

/** The usage line, made from the declaration, what is needed first: `/kube defrag <cluster> [member/NAME] [--all]`. */
export function usageOf(command: AnyCommand): string {
  const { subject, targets, rest } = command.arguments;
  const flags = flagsOf(command);
  const words = [
    '/kube',
    command.name,
    ...subjectWords(subject),
    ...(targets === null ? [] : [targetWords(targets, flags)]),
  ];
  if (rest !== null) words.push(rest.required ? `<${rest.name} …>` : `[${rest.name} …]`);
  const others = Object.entries(flags).filter(([name]) => name !== targets?.orFlag);
  const needed = others.filter(([, flag]) => flag.required === true);
  for (const [name, flag] of needed) words.push(flagUsage(name, flag));
  for (const [name, flag] of others) if (flag.required !== true) words.push(`[${flagUsage(name, flag)}]`);
  return words.join(' ');
}

/** A flag as it is typed: `--all`, `--pause 60s`. */
export function flagUsage(name: string, flag: FlagSpec): string {
  return flag.type === 'switch' ? `--${name}` : `--${name} ${flag.example ?? flag.type}`;
}

function subjectWords(subject: AnyCommand['arguments']['subject']): readonly string[] {
  switch (subject) {
    case 'cluster':
      return ['<cluster>'];
    case 'optional-cluster':
      return ['[cluster]'];
    case 'run':
      return ['<run>'];
    case 'optional-verb':
      return ['[command]'];
    case 'none':
      return [];
  }
}

/** How targets are written: `controlplane`, `nodegroup/NAME`. */
export function targetForms({ kinds, words = [] }: TargetSpec): readonly string[] {
  return [...words, ...kinds.map((kind) => `${kind}/NAME`)];
}

function targetWords(targets: TargetSpec, flags: Readonly<Record<string, FlagSpec>>): string {
  const one = targetForms(targets).join('|');
  const many = targets.max > 1 ? `${one} …` : one;
  const instead = targets.orFlag === undefined ? undefined : flags[targets.orFlag];
  if (targets.orFlag !== undefined && instead !== undefined) return `${many}|${flagUsage(targets.orFlag, instead)}`;
  return targets.min === 0 ? `[${many}]` : many;
}
