import { basename, join } from 'node:path';
import type { NodePlace } from './place.ts';

/** One directory that a container sees: where, and what it really is. */
export interface Mount {
  /** Absolute path inside the container, without a slash at the end (`/` itself: empty). */
  readonly inside: string;
  readonly real: string;
}

/**
 * What a program of a container is told instead of what it was asked: there is no isolation here, so paths and loopback
 * addresses in its arguments are rewritten. Programs, libraries, `/dev` and `/proc` are those of this machine.
 */
export interface View {
  /** The container's own root directory, for what no mount covers. */
  readonly root: string;
  readonly mounts: readonly Mount[];
  /** Paths below it are already real ones and stay as they are. */
  readonly nodeDirectory: string;
  /** Whether `/` by itself is this root, too: in a node shell, but not for etcdctl, whose keys begin with it. */
  readonly bareRoot: boolean;
  readonly place: Pick<NodePlace, 'address' | 'port'>;
}

/** Directories of the root that belong to the container; all others (`/usr`, `/bin`, `/dev`, `/proc` …) are this machine's. */
const OWN = ['etc', 'var', 'tmp', 'run', 'root', 'home', 'opt', 'srv', 'mnt', 'host', 'data', 'backup', 'certs'];

const PATH = new RegExp(
  `(^|[\\s=,:'"(<>;&|\`])(/(?:${OWN.join('|')})(?=$|[/\\s,:'")<>;&|\`])[^\\s,:'")<>;&|\`]*)`,
  'g',
);
const BARE_ROOT = /(^|[\s=;&|(])\/(?=$|[\s;&|)])/g;
const LOOPBACK = /(?<![\w.-])(?:127\.0\.0\.1|localhost|\[::1\])(?::(\d{1,5}))?(?![\w.])/g;

/** The real path of a path inside the container. */
export function realPath(path: string, view: View): string {
  if (path === view.nodeDirectory || path.startsWith(`${view.nodeDirectory}/`)) return path;
  const mount = view.mounts
    .filter((each) => path === each.inside || path.startsWith(`${each.inside}/`))
    .toSorted((one, other) => other.inside.length - one.inside.length)[0];
  return mount === undefined ? join(view.root, path) : join(mount.real, path.slice(mount.inside.length));
}

/** One argument (also a whole shell script, or the value of a variable) as the real program gets it. */
export function realArgument(argument: string, view: View): string {
  const local = argument.replaceAll(LOOPBACK, (_whole, port: string | undefined) =>
    port === undefined ? view.place.address : `${view.place.address}:${view.place.port(Number(port))}`,
  );
  const mapped = local.replaceAll(PATH, (_whole, before: string, path: string) => `${before}${realPath(path, view)}`);
  const rooted = view.bareRoot
    ? mapped.replaceAll(BARE_ROOT, (_whole, before: string) => `${before}${view.root}`)
    : mapped;
  return rooted === argument ? argument : withoutDoubles(rooted);
}

/** Verbs of etcdctl whose words are keys and values, not paths. */
const KEY_VERBS = new Set(['get', 'put', 'del', 'watch', 'txn', 'lock', 'elect', 'user', 'role']);
const CONNECTION_FLAGS = new Set(['--endpoints', '--cacert', '--cert', '--key']);

/** All arguments of a command. Keys and values of etcdctl stay as they are. */
export function realArguments(argv: readonly string[], view: View): readonly string[] {
  const [program = '', ...args] = argv;
  const verb = basename(program) === 'etcdctl' ? args.findIndex((each) => KEY_VERBS.has(each)) : -1;
  return args.map((each, index) => {
    const isWord = verb !== -1 && index > verb && !each.startsWith('--');
    return isWord && !CONNECTION_FLAGS.has(args[index - 1] ?? '') ? each : realArgument(each, view);
  });
}

/** A list that named the loopback and the node's address names one of them twice now. */
function withoutDoubles(argument: string): string {
  const [, flag, list] = /^(--[\w-]+=)?([^\s]*,[^\s]*)$/.exec(argument) ?? [];
  return list === undefined ? argument : `${flag ?? ''}${[...new Set(list.split(','))].join(',')}`;
}

/**
 * Takes `chroot DIR …` and `nsenter … --` off a command: what follows sees that directory (nsenter: the node's root) as
 * its root. Anything else comes back as it is.
 */
export function entered(
  argv: readonly string[],
  view: View,
  nodeRoot: string,
): { argv: readonly string[]; view: View } {
  const [program = '', ...rest] = argv;
  if (basename(program) === 'chroot' && rest[0] !== undefined) {
    const root = rest[0].startsWith('/') ? realPath(rest[0].replace(/\/+$/, ''), view) : rest[0];
    return { argv: rest.slice(1), view: { ...view, root, mounts: [] } };
  }
  if (basename(program) === 'nsenter') {
    const start = rest.includes('--') ? rest.indexOf('--') + 1 : firstWord(rest);
    return { argv: rest.slice(start), view: { ...view, root: nodeRoot, mounts: [] } };
  }
  return { argv, view };
}

function firstWord(args: readonly string[]): number {
  const at = args.findIndex(
    (each, index) => !each.startsWith('-') && !['-t', '--target'].includes(args[index - 1] ?? ''),
  );
  return at === -1 ? args.length : at;
}
