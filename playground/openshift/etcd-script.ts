import { ALL_BUNDLES, ALL_CERTS, CERTS } from './layout.ts';

/** What the script of etcd's container is made of. */
export interface EtcdScriptFacts {
  readonly node: string;
  readonly clientUrl: string;
  readonly peerUrl: string;
  /** `name=peer URL,…` of the first members; empty: the ring is asked. */
  readonly firstMembers: string;
  readonly etcdArgs: readonly string[];
}

/**
 * What etcd's container runs. As the real one it finds out by itself with whom it starts: it waits until the ring lists the node's
 * peer URL, puts the data of a removed member aside when its entry is a new one, and starts with the members of the list. With data and without an
 * entry it starts all the same: it may be a restart while nobody answers.
 *
 * Source: `discover-etcd-initial-cluster` of the cluster-etcd-operator, retold; how often it asks is ours.
 */
export function etcdScript(facts: EtcdScriptFacts): string {
  const { node, peerUrl, firstMembers } = facts;
  return `#!/bin/sh
set -eu
url='${peerUrl}'
first='${firstMembers}'
state=existing
cluster="${node}=$url"
if [ -n "$first" ] && [ ! -d /var/lib/etcd/member ]; then
  cluster="$first"
  state=new
else
  attempt=0
  own=''
  while [ "$attempt" -lt 600 ]; do
    list=$(etcdctl --command-timeout=3s member list || true)
    own=$(printf '%s\\n' "$list" | grep -F ", $url," || true)
    if [ -n "$own" ] || [ -d /var/lib/etcd/member ]; then break; fi
    echo "#### attempt $attempt: the ring does not list $url" >&2
    attempt=$((attempt + 1))
    sleep 1
  done
  if [ -z "$own" ] && [ ! -d /var/lib/etcd/member ]; then
    echo "timed out: the ring does not list $url" >&2
    exit 1
  fi
  if [ -n "$own" ]; then
    if printf '%s' "$own" | grep -q ', unstarted, ' && [ -d /var/lib/etcd/member ]; then
      mv /var/lib/etcd/member "/var/lib/etcd/member-removed-archive-$(date +%Y-%m-%d-%H%M%S)"
    fi
    cluster=$(printf '%s\\n' "$list" | awk -F', ' -v url="$url" -v node='${node}' \\
      '{ n = $3; if ($4 == url) n = node; if (n != "") printf "%s%s=%s", (c++ ? "," : ""), n, $4 }')
  fi
fi
exec etcd ${etcdFlags(facts).join(' ')} --initial-cluster="$cluster" --initial-cluster-state="$state"
`;
}

/** The operator's flags, then ours: slower timings for a small busy machine, few logs. Name, data and quota are in the environment. */
function etcdFlags({ node, clientUrl, peerUrl, etcdArgs }: EtcdScriptFacts): readonly string[] {
  const certs = `${CERTS}/${ALL_CERTS}`;
  const bundles = `${CERTS}/${ALL_BUNDLES}`;
  return [
    '--logger=zap',
    '--log-level=warn',
    '--log-outputs=stderr',
    '--experimental-initial-corrupt-check=true',
    '--snapshot-count=1000',
    `--initial-advertise-peer-urls=${peerUrl}`,
    `--cert-file=${certs}/etcd-serving-${node}.crt`,
    `--key-file=${certs}/etcd-serving-${node}.key`,
    `--trusted-ca-file=${bundles}/server-ca-bundle.crt`,
    '--client-cert-auth=true',
    `--peer-cert-file=${certs}/etcd-peer-${node}.crt`,
    `--peer-key-file=${certs}/etcd-peer-${node}.key`,
    `--peer-trusted-ca-file=${bundles}/server-ca-bundle.crt`,
    '--peer-client-cert-auth=true',
    `--advertise-client-urls=${clientUrl}`,
    `--listen-client-urls=${clientUrl}`,
    `--listen-peer-urls=${peerUrl}`,
    '--listen-metrics-urls=http://127.0.0.1:2381',
    '--heartbeat-interval=200',
    '--election-timeout=2000',
    '--max-wals=1',
    ...etcdArgs,
  ];
}
