import { parseArgs } from 'node:util';
import { FAULT_USAGE, isFaultLine, readFaultLine } from '../faults/command.ts';
import { CLUSTER_NAMES, type ClusterName } from '../start-platforms.ts';
import { isPersonName, PEOPLE, type PersonName } from '../workspace/seed.ts';

/** What the demo was asked to do. */
export interface DemoArguments {
  /** Commands to give, in order; empty: read them from the terminal. */
  readonly runs: readonly string[];
  readonly as: PersonName;
  /** What other people do at gates; undefined: nothing. */
  readonly verdict: 'approve' | 'reject' | undefined;
  /** For each command, ms. */
  readonly timeoutMs: number;
  /** What the ring is filled with, MiB; undefined: the playground's own measure. */
  readonly fillMib?: number;
  /** Which clusters are started. */
  readonly clusters: readonly ClusterName[];
  /** How Drydock reaches the etcd of the cluster; undefined: the playground's own way. */
  readonly access?: 'exec' | 'tunnel';
  /** How long the maintenance window of `edge` stays closed, ms; undefined: it has none. */
  readonly windowMs?: number;
}

/** How to call the demo. */
export const USAGE = `usage: npm run demo
       npm run demo -- --run "/kube defrag prod" [--approve | --reject] [--as NAME] [--timeout 10m] [--fill 250] [--access tunnel] [--window 1m] [--clusters ocp,capi]

  --run      a command to give; may be repeated, one after another. Lines that begin with /fault are for the playground itself:
             ${FAULT_USAGE}
  --approve  the fewest other people approve what waits for people
  --reject   one of them rejects it
  --as       who gives the commands: ${Object.keys(PEOPLE).join(', ')} (default operator)
  --timeout  for each command, for example 90s or 10m (default 10m)
  --fill     MiB of data to fill the ring with, most of them deleted again (default 250)
  --access   how Drydock reaches the etcd of clusters: tunnel (port-forwards, default) or exec (etcdctl in its pods; then no backups)
  --clusters which clusters to start: ${CLUSTER_NAMES.join(', ')} (default: with --run those that a command names, else prod and edge)
  --window   edge gets a maintenance window: it opens at the first full minute after this time, for an hour (default: none)

exit codes: 0 carried out (with --reject: rejected) · 2 a run waits for people and neither flag was given · 1 anything else`;

/** Reads the arguments, or says in one line what is wrong with them. */
export function readArguments(args: readonly string[]): DemoArguments | { readonly problem: string } {
  const parsed = parse(args);
  if ('problem' in parsed) return parsed;
  const { run = [], approve = false, reject = false, as = 'operator', timeout = '10m' } = parsed;
  if (approve && reject) return { problem: '--approve and --reject exclude each other' };
  if (!isPersonName(as)) return { problem: `--as: there is no ${as}; there are ${Object.keys(PEOPLE).join(', ')}` };
  const timeoutMs = readDuration(timeout);
  if (timeoutMs === undefined) return { problem: `--timeout: ${timeout} is not a time such as 90s or 10m` };
  const wrong = run.find((line) => !/^\s*\/\S/.test(line));
  if (wrong !== undefined) return { problem: `--run: ${JSON.stringify(wrong)} is not a slash command` };
  const fault = run
    .filter(isFaultLine)
    .map(readFaultLine)
    .find((each) => 'problem' in each);
  if (fault !== undefined) return { problem: `--run: ${fault.problem}` };
  const clusters =
    parsed.clusters === undefined ? clustersNamed(run, parsed.window !== undefined) : readClusters(parsed.clusters);
  if (clusters === undefined)
    return { problem: `--clusters: ${parsed.clusters} is not a list of ${CLUSTER_NAMES.join(', ')}` };
  if (run.length === 0 && (approve || reject)) return { problem: '--approve and --reject need --run' };
  const verdict = approve ? 'approve' : reject ? 'reject' : undefined;
  const access = ACCESS.find((each) => each === parsed.access);
  if (access === undefined && parsed.access !== undefined)
    return { problem: `--access: ${parsed.access} is not exec or tunnel` };
  const windowMs = parsed.window === undefined ? undefined : readDuration(parsed.window);
  if (parsed.window !== undefined && (windowMs === undefined || windowMs > MAX_WINDOW_MS))
    return { problem: `--window: ${parsed.window} is not a time such as 90s or 10m, at most 12h` };
  const read = {
    runs: run,
    as,
    verdict,
    timeoutMs,
    clusters,
    ...(access === undefined ? {} : { access }),
    ...(windowMs === undefined ? {} : { windowMs }),
  } as const;
  if (parsed.fill === undefined) return read;
  if (!/^[1-9]\d{0,2}$/.test(parsed.fill)) return { problem: `--fill: ${parsed.fill} is not a number from 1 to 999` };
  return { ...read, fillMib: Number(parsed.fill) };
}

/** The window opens at that time of every day: one that is nearly a day away would be open now. */
const MAX_WINDOW_MS = 12 * 3_600_000;

const ACCESS = ['exec', 'tunnel'] as const;

interface Values {
  readonly run?: readonly string[] | undefined;
  readonly approve?: boolean | undefined;
  readonly reject?: boolean | undefined;
  readonly as?: string | undefined;
  readonly timeout?: string | undefined;
  readonly fill?: string | undefined;
  readonly access?: string | undefined;
  readonly window?: string | undefined;
  readonly clusters?: string | undefined;
}

function parse(args: readonly string[]): Values | { readonly problem: string } {
  try {
    return parseArgs({
      args: [...args],
      options: {
        run: { type: 'string', multiple: true },
        approve: { type: 'boolean' },
        reject: { type: 'boolean' },
        as: { type: 'string' },
        timeout: { type: 'string' },
        fill: { type: 'string' },
        access: { type: 'string' },
        window: { type: 'string' },
        clusters: { type: 'string' },
      },
    }).values;
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * The clusters that commands name, and `edge` where it has a window; no other, because each costs time and memory. Where none is named, `prod`
 * and `edge`: lists of clusters want some.
 */
function clustersNamed(runs: readonly string[], hasWindow: boolean): readonly ClusterName[] {
  const words = new Set(runs.flatMap((line) => line.trim().split(/\s+/)));
  const named = CLUSTER_NAMES.filter((name) => words.has(name) || (hasWindow && name === 'edge'));
  return named.length > 0 ? named : ['prod', 'edge'];
}

function readClusters(text: string): readonly ClusterName[] | undefined {
  const words = text.split(',').map((word) => word.trim());
  const read = CLUSTER_NAMES.filter((name) => words.includes(name));
  return read.length === new Set(words).size ? read : undefined;
}

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;

function readDuration(text: string): number | undefined {
  const [, count, unit] = /^(\d+)(ms|s|m|h)$/.exec(text) ?? [];
  if (count === undefined || unit === undefined || !Object.hasOwn(UNITS, unit)) return undefined;
  const factor = Object.entries(UNITS).find(([name]) => name === unit)?.[1] ?? 1;
  return Number(count) > 0 ? Number(count) * factor : undefined;
}
