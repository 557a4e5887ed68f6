import { z } from 'zod';

const text = z.string();
const bool = z.boolean({ error: 'expected true or false' });

/** What a kubeconfig says of an exec plug-in. Source: client-go's `ExecConfig`. */
export const ExecEntry = z.looseObject({
  command: text.min(1, 'expected the program of the plug-in'),
  args: z.array(text).nullish(),
  env: z.array(z.object({ name: text, value: text })).nullish(),
  apiVersion: text.optional(),
  installHint: text.optional(),
  provideClusterInfo: bool.optional(),
  interactiveMode: text.optional(),
});
export type ExecEntry = z.infer<typeof ExecEntry>;

const UserEntry = z.looseObject({
  token: text.optional(),
  tokenFile: text.optional(),
  exec: ExecEntry.nullish(),
  as: text.optional(),
  'as-uid': text.optional(),
  'as-groups': z.array(text).nullish(),
  'as-user-extra': z.record(text, z.array(text)).nullish(),
  'auth-provider': z.looseObject({ name: text }).nullish(),
});
export type UserEntry = z.infer<typeof UserEntry>;

const ClusterEntry = z.looseObject({
  server: text.min(1, 'expected the address of the API server'),
  'certificate-authority': text.optional(),
  'certificate-authority-data': text.optional(),
  'insecure-skip-tls-verify': bool.optional(),
  'tls-server-name': text.optional(),
  'proxy-url': text.optional(),
  extensions: z.array(z.looseObject({ name: text, extension: z.unknown() })).nullish(),
});
export type ClusterEntry = z.infer<typeof ClusterEntry>;

const ContextEntry = z.looseObject({ cluster: text, user: text.optional(), namespace: text.optional() });

/** The parts of a kubeconfig that decide how a cluster is reached. The rest may be anything. */
export const KubeconfigFile = z.looseObject({
  clusters: z.array(z.looseObject({ name: text, cluster: ClusterEntry })).nullish(),
  users: z.array(z.looseObject({ name: text, user: UserEntry.nullish() })).nullish(),
  contexts: z.array(z.looseObject({ name: text, context: ContextEntry })).nullish(),
  'current-context': text.nullish(),
});
export type KubeconfigFile = z.infer<typeof KubeconfigFile>;

/** The first problems of a file, with their places: `clusters[0].cluster.server: expected …`. Values are not shown. */
export function problemsOf(error: z.ZodError): string {
  const lines = error.issues.slice(0, 3).map(({ path, message }) => {
    const place = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
    return place === '' ? message : `${place.replace(/^\./, '')}: ${message}`;
  });
  return lines.join('; ');
}
