// Starts a cluster, says which processes and directories belong to it, and then stays until it is ended.
import { startCluster } from '../../playground/kubernetes/cluster.ts';

const cluster = await startCluster();
const pids = cluster.nodes.map((node) => node.etcd.pid());
process.stdout.write(`${JSON.stringify({ pids, directories: [cluster.directory] })}\n`);
process.on('SIGTERM', () => {
  void cluster.stop().then(() => process.exit(0));
});
setInterval(() => undefined, 60_000);
