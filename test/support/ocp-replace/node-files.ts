import type { ExecOutcome, KubernetesResult } from '../../../src/core/ports/kubernetes.ts';
import type { FakeExec } from '../../fakes/kubernetes.ts';

/** The files of nodes, as far as a replacement moves them, and whether etcd runs there. */
export interface NodeFiles {
  run(request: FakeExec): KubernetesResult<ExecOutcome>;
  /** Programs that were run on nodes, joined by blanks, oldest first. */
  readonly ran: readonly string[];
  /** Where etcd's manifest is. */
  manifest(node: string): 'in-place' | 'aside' | 'restored';
  paths(): readonly string[];
  /** The operator installs the manifest again. */
  restoreManifest(node: string): void;
  /** The container of etcd goes on running after its manifest went. */
  neverStops: boolean;
  /** The data are a filesystem of their own. */
  ownDisk: boolean;
  /** A program that fails, by its first word. */
  fails: string | null;
}

const MANIFEST = '/etc/kubernetes/manifests/etcd-pod.yaml';
const DATA = '/var/lib/etcd/member';

/** Makes the files of the one node whose shell is opened. */
export function createNodeFiles(): NodeFiles {
  const paths = new Map<string, string>([
    [MANIFEST, 'regular file'],
    ['/var/lib/etcd', 'directory'],
    [DATA, 'directory'],
  ]);
  const ran: string[] = [];
  let wasRestored = false;
  const files: NodeFiles = {
    ran,
    neverStops: false,
    ownDisk: false,
    fails: null,
    manifest: () => (paths.has(MANIFEST) ? (wasRestored ? 'restored' : 'in-place') : 'aside'),
    paths: () => [...paths.keys()].toSorted(),
    restoreManifest() {
      if (paths.has(MANIFEST)) return;
      paths.set(MANIFEST, 'regular file');
      wasRestored = true;
    },
    run({ argv }) {
      const [chroot = '', root = '', ...program] = argv;
      if (chroot !== 'chroot' || root !== '/host') return ended(127, '', 'not in the node');
      ran.push(program.join(' '));
      if (program[0] === files.fails) return ended(1, '', 'it does not want to');
      return does(files, paths, program);
    },
  };
  return files;
}

function does(files: NodeFiles, paths: Map<string, string>, program: readonly string[]): KubernetesResult<ExecOutcome> {
  const words = program.slice(program.indexOf('--') + 1);
  switch (program[0] ?? '') {
    case 'stat': {
      const device = (path: string): string => (files.ownDisk && path === DATA ? '99' : '42');
      const out = words.flatMap((path) =>
        paths.has(path) ? [`${device(path)}|10|${paths.get(path) ?? ''}|${path}`] : [],
      );
      const missing = words.filter((path) => !paths.has(path));
      const err = missing.map((path) => `stat: cannot statx '${path}': No such file or directory`);
      return ended(missing.length > 0 ? 1 : 0, out.join('\n'), err.join('\n'));
    }
    case 'mkdir':
      for (const path of words) paths.set(path, 'directory');
      return ended(0, '', '');
    case 'mv': {
      const [from = '', to = ''] = words;
      const type = paths.get(from);
      if (type === undefined) return ended(1, '', `mv: cannot stat '${from}': No such file or directory`);
      paths.delete(from);
      paths.set(to, type);
      return ended(0, '', '');
    }
    case 'crictl':
      return ended(0, paths.has(MANIFEST) || files.neverStops ? 'abcdef0123456789\n' : '', '');
    default:
      return ended(127, '', `${program[0] ?? ''}: not found`);
  }
}

function ended(exitCode: number, stdout: string, stderr: string): KubernetesResult<ExecOutcome> {
  return { ok: true, value: { exitCode, stdout: bytes(stdout), stderr: bytes(stderr) } };
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
