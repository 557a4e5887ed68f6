import { allowedLag, parseVersion, skewOf } from '../kubernetes/version.ts';
import type { Check } from '../plan.ts';
import { counted, type Seen, some } from './seen.ts';
import { unreadCheck } from './unread.ts';

/** A program of a node or the cluster that talks to the API server, with its version. */
export interface Versioned {
  readonly name: string;
  readonly version: string;
  /** It comes along: the plan itself brings it to the target. */
  readonly goesAlong: boolean;
}

/** Versions beside each other once the control plane is where the plan takes it. */
export interface SkewOrder {
  /** Version of the API server after the control plane's turn; without one, what it has now. */
  readonly server: string;
  /** The plan moves the control plane: what is too old then is its doing. */
  readonly controlPlane: boolean;
}

/** Whether every kubelet is supported beside the API server of the target. Source: Kubernetes' version skew policy. */
export function kubeletSkewCheck(nodes: readonly Versioned[], { server, controlPlane }: SkewOrder): Check {
  const id = 'kubelet-skew';
  const known = nodes.filter(({ version }) => parseVersion(version) !== null);
  const unknown = nodes.filter((node) => !known.includes(node)).map(({ name }) => name);
  const unsaid =
    unknown.length === 0
      ? ''
      : `; not looked at: ${some(unknown)}, which ${unknown.length === 1 ? 'says' : 'say'} no version: wait until the kubelet reports, or delete the Node of a machine that is gone`;
  // Without the control plane's turn, what the plan moves is only getting better.
  const judged = controlPlane ? known : known.filter(({ goesAlong }) => !goesAlong);
  const bad = judged.flatMap(({ name, version }) => {
    const skew = skewOf(version, server);
    return skew === null ? [] : [`${name} ${skew}`];
  });
  if (bad.length > 0) {
    const evidence = `with ${server}: ${some(bad)}; upgrade these nodes first${unsaid}`;
    const title = controlPlane ? 'Nodes would be too old for the target' : 'Nodes do not fit the control plane';
    return { id, verdict: atWorst(controlPlane), title, evidence };
  }
  const edge = atTheEdge(judged, server);
  const evidence = `${counted(known.length, 'kubelet')} ${versionsOf(known)} with an API server ${server}${edge}${unsaid}`;
  if (unknown.length > 0)
    return { id, verdict: atWorst(controlPlane), title: 'Versions of kubelets not all looked at', evidence };
  return { id, verdict: 'pass', title: 'Kubelets fit the API server', evidence };
}

function versionsOf(all: readonly Versioned[]): string {
  const versions = [...new Set(all.map(({ version }) => version))].toSorted();
  return versions.length === 0 ? '' : `(${some(versions)})`;
}

/** Those that the next minor version would leave behind. */
function atTheEdge(nodes: readonly Versioned[], server: string): string {
  const api = parseVersion(server);
  if (api === null) return '';
  const last = nodes.filter(({ version, goesAlong }) => {
    const node = parseVersion(version);
    return !goesAlong && node !== null && api.minor - node.minor === allowedLag(api);
  });
  return last.length === 0 ? '' : `; upgrade ${some(last.map(({ name }) => name))} before the minor version after that`;
}

/** What a check of skew says at worst: only where the control plane moves does the plan itself make things too old. */
function atWorst(controlPlane: boolean): Check['verdict'] {
  return controlPlane ? 'block' : 'warn';
}

/** The check of kubelets where they, or the API server's version, could not be read. `right`: what reading it takes. */
export function kubeletsUnread(why: string, controlPlane: boolean, right: string): Check {
  const verdict = atWorst(controlPlane);
  return unreadCheck({ id: 'kubelet-skew', what: 'Versions of kubelets', why, right, verdict });
}

/** Whether kube-proxy fits the API server of the target and its nodes; `null` as its version: none is installed. */
export function proxySkewCheck(proxy: Seen<string | null>, { server, controlPlane }: SkewOrder): Check {
  const id = 'kube-proxy-skew';
  const verdict = atWorst(controlPlane);
  if (!proxy.ok)
    return unreadCheck({ id, what: 'kube-proxy', why: proxy.why, right: 'list deployments and daemonsets', verdict });
  if (proxy.value === null) {
    return {
      id,
      verdict: 'pass',
      title: 'No kube-proxy',
      evidence: 'no DaemonSet kube-proxy is in kube-system: something else does its work',
    };
  }
  const skew = skewOf(proxy.value, server);
  if (parseVersion(proxy.value) === null) {
    const tag = proxy.value === '' ? 'no tag' : `the tag ${proxy.value}, which is no version`;
    const evidence = `not looked at: its image has ${tag}; give the image in DaemonSet kube-system/kube-proxy a tag with its version`;
    return { id, verdict, title: 'kube-proxy not looked at', evidence };
  }
  if (skew === null) {
    return {
      id,
      verdict: 'pass',
      title: 'kube-proxy fits the API server',
      evidence: `kube-proxy ${proxy.value} with an API server ${server}`,
    };
  }
  const evidence = `kube-proxy ${skew}; bring it to the version of the control plane first`;
  return { id, verdict, title: 'kube-proxy does not fit the API server', evidence };
}
