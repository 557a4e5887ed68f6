import { z } from 'zod';

/** Where the files of the control plane are on a node. */
export const KUBERNETES_FOLDER = '/etc/kubernetes';
/** Below it, on OpenShift: a folder for each revision of each static pod. */
export const REVISIONS_FOLDER = `${KUBERNETES_FOLDER}/static-pod-resources`;

/** What is to be archived: paths as tar is told them, from this folder on. `why`: what is not there, without a period. */
export type StaticPaths =
  | { readonly ok: true; readonly folder: string; readonly paths: readonly string[] }
  | { readonly ok: false; readonly why: string };

/** What a node of kubeadm must have there. */
const FOLDERS = ['manifests', 'pki'] as const;
const KUBECONFIG = /^[\w][\w.-]*\.conf$/;
/** The static pods of OpenShift, as its own backup takes them. */
const PODS = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'etcd'] as const;

/**
 * What is archived of a node that kubeadm set up: manifests, PKI, kubeconfigs, and the file with the keys of encryption at rest. They are named from `/`
 * on, so that they can be unpacked there.
 *
 * @param names what is in {@link KUBERNETES_FOLDER}
 * @param keysFile of `--encryption-provider-config`, absolute; `null`: there is none
 */
export function kubeadmPaths(names: readonly string[], keysFile: string | null): StaticPaths {
  const missing = FOLDERS.find((folder) => !names.includes(folder));
  if (missing !== undefined) return { ok: false, why: `the node has no ${KUBERNETES_FOLDER}/${missing}` };
  const kubeconfigs = names.filter((name) => KUBECONFIG.test(name)).toSorted();
  const own = [...FOLDERS, ...kubeconfigs].map((name) => `${KUBERNETES_FOLDER}/${name}`);
  const isAmongThem = keysFile === null || own.some((path) => keysFile === path || keysFile.startsWith(`${path}/`));
  const paths = isAmongThem ? own : [...own, keysFile];
  return { ok: true, folder: '/', paths: paths.map((path) => path.slice(1)) };
}

/**
 * What is archived of a node of OpenShift: the newest revision of each static pod, named as cluster-restore.sh wants it.
 *
 * @param names what is in {@link REVISIONS_FOLDER}
 *
 * Source: `cluster-backup.sh` of the cluster-etcd-operator.
 */
export function openshiftPaths(names: readonly string[]): StaticPaths {
  const newest = PODS.map((pod) => ({ pod, folder: newestOf(pod, names) }));
  const missing = newest.find(({ folder }) => folder === null);
  if (missing !== undefined) return { ok: false, why: `the node has no ${REVISIONS_FOLDER}/${missing.pod}-pod-…` };
  const paths = newest.map(({ folder }) => `static-pod-resources/${folder ?? ''}`);
  return { ok: true, folder: KUBERNETES_FOLDER, paths };
}

function newestOf(pod: string, names: readonly string[]): string | null {
  const revision = new RegExp(`^${pod}-pod-(\\d{1,9})$`);
  const found = names.flatMap((name) => {
    const [, digits] = revision.exec(name) ?? [];
    return digits === undefined ? [] : [{ name, number: Number(digits) }];
  });
  return found.toSorted((a, b) => b.number - a.number)[0]?.name ?? null;
}

const ApiServer = z.looseObject({
  spec: z.looseObject({
    nodeName: z.string().default(''),
    containers: z.array(
      z.looseObject({
        command: z.array(z.string()).default([]),
        args: z.array(z.string()).default([]),
        volumeMounts: z.array(z.looseObject({ name: z.string(), mountPath: z.string() })).default([]),
      }),
    ),
    volumes: z
      .array(z.looseObject({ name: z.string(), hostPath: z.looseObject({ path: z.string() }).optional() }))
      .default([]),
  }),
});
const FLAG = '--encryption-provider-config';
const SAFE_PATH = /^\/[\w@%+,.-]+(?:\/[\w@%+,.-]+)*$/;

/** Where a node has the file with the keys of encryption at rest. */
export type KeysFile =
  | { readonly ok: true; readonly file: string | null }
  /** Without a period. */
  | { readonly ok: false; readonly why: string };

/**
 * The file that the API server of a node names by `--encryption-provider-config`, as the node has it: the flag tells where the container sees it.
 *
 * @param apiServers pods of the API servers, as the API gave them
 */
export function keysFileOf(apiServers: readonly unknown[], node: string): KeysFile {
  const read = apiServers.map((pod) => ApiServer.safeParse(pod));
  const spec = read.find(({ data }) => data?.spec.nodeName === node)?.data?.spec;
  if (spec === undefined) return { ok: false, why: `no pod of an API server is seen on ${node}` };
  for (const { command, args, volumeMounts } of spec.containers) {
    const words = [...command, ...args];
    const at = words.findIndex((word) => word === FLAG || word.startsWith(`${FLAG}=`));
    if (at < 0) continue;
    const inside = words[at]?.slice(FLAG.length + 1) || words[at + 1] || '';
    const mount = volumeMounts
      .filter(({ mountPath }) => inside === mountPath || inside.startsWith(`${mountPath.replace(/\/$/, '')}/`))
      .toSorted((a, b) => b.mountPath.length - a.mountPath.length)[0];
    const base = spec.volumes.find(({ name }) => name === mount?.name)?.hostPath?.path;
    const file =
      base === undefined ? '' : `${base.replace(/\/$/, '')}${inside.slice(mount?.mountPath.replace(/\/$/, '').length)}`;
    if (SAFE_PATH.test(file) && !file.split('/').includes('..')) return { ok: true, file };
    return {
      ok: false,
      why: `the API server on ${node} reads the keys of encryption at rest from ${inside}, and where the node has that file is not to be seen`,
    };
  }
  return { ok: true, file: null };
}
