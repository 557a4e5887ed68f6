/** Names that are written small, also where a sentence begins with them. */
const SMALL: ReadonlySet<string> = new Set([
  'crictl',
  'etcd',
  'etcdctl',
  'kubeadm',
  'kubectl',
  'sudo',
  'systemctl',
  'systemd',
]);

/**
 * Words as a sentence: with a capital letter and a period, each once. A sentence that begins with a name (`cp-2`, `etcd-pod.yaml`, `etcd`) keeps it as
 * it is: what people type or look for stands there letter by letter.
 */
export function sentence(words: string): string {
  const [first = ''] = words.split(/[\s:;,]/, 1);
  const isWord = /^[a-z]+(?:'s)?$/.test(first) && !SMALL.has(first.replace(/'s$/, ''));
  const begun = isWord ? `${words.charAt(0).toUpperCase()}${words.slice(1)}` : words;
  return `${begun.replace(/\.$/, '')}.`;
}
