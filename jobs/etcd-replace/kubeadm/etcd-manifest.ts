import type { NamedPeer } from '../../../src/core/etcd/environment-file.ts';

/** What a manifest was asked for, or why it is not one that can be worked with, without a period. */
export type ManifestAnswer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly why: string };

/** What is read of etcd's manifest. */
export interface EtcdManifest {
  readonly name: string;
  readonly dataDirectory: string;
  readonly peerUrls: readonly string[];
}

/** One flag of the command, on a line of its own, as kubeadm writes it; quotes of either kind may stand around it. */
const FLAG = /^(\s*- )(["']?)--([a-z0-9-]+)=(.*?)\2\s*$/;

/** Reads etcd's manifest as kubeadm writes it: one flag a line. Anything else is not guessed at. */
export function readManifest(text: string): ManifestAnswer<EtcdManifest> {
  const name = flagOf(text, 'name');
  const dataDirectory = flagOf(text, 'data-dir');
  const peers = flagOf(text, 'initial-advertise-peer-urls');
  if (name === null || dataDirectory === null || peers === null)
    return {
      ok: false,
      why: 'the manifest does not name --name, --data-dir and --initial-advertise-peer-urls once each',
    };
  if (!dataDirectory.startsWith('/')) return { ok: false, why: `its data directory ${dataDirectory} is not absolute` };
  if (flagOf(text, 'wal-dir') !== null)
    return { ok: false, why: 'its log has a directory of its own (--wal-dir), which is not moved' };
  return {
    ok: true,
    value: { name, dataDirectory: dataDirectory.replace(/(?<=.)\/+$/, ''), peerUrls: peers.split(',') },
  };
}

/** The value of a flag; `null`: it is not there, or more than once. */
function flagOf(text: string, flag: string): string | null {
  const found = text.split('\n').flatMap((line) => {
    const [, , , name, value] = FLAG.exec(line) ?? [];
    return name === flag && value !== undefined ? [value] : [];
  });
  return found.length === 1 ? (found[0] ?? null) : null;
}

/**
 * The manifest with which a member that was added to a ring starts for the first time: the ring exactly as its list is, itself among them, and
 * never as a new ring. Every other line stays as it was.
 */
export function joiningManifest(text: string, member: NamedPeer, others: readonly NamedPeer[]): ManifestAnswer<string> {
  const cluster = [...others, member]
    .flatMap(({ name, peerUrls }) => peerUrls.map((url) => `${name}=${url}`))
    .join(',');
  const lines = text.split('\n');
  const at = lines.findIndex((line) => FLAG.exec(line)?.[3] === 'initial-cluster');
  const first = at === -1 ? null : FLAG.exec(lines[at] ?? '');
  if (flagOf(text, 'initial-cluster') === null || first === null)
    return { ok: false, why: 'the manifest does not name --initial-cluster once' };
  const [, indent = '', quote = ''] = first;
  const without = lines.filter((line) => {
    const name = FLAG.exec(line)?.[3];
    return name !== 'initial-cluster-state' && name !== 'force-new-cluster' && name !== 'initial-cluster';
  });
  const dropped = lines.slice(0, at).filter((line) => !without.includes(line)).length;
  const flags = [
    `${indent}${quote}--initial-cluster=${cluster}${quote}`,
    `${indent}${quote}--initial-cluster-state=existing${quote}`,
  ];
  return { ok: true, value: without.toSpliced(at - dropped, 0, ...flags).join('\n') };
}
