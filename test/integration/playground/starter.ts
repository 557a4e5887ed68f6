// Starts Redis and a ring, says which processes and directories belong to them, and then stays until it is ended.
import { startEtcdRing } from '../../../playground/etcd-ring.ts';
import { startRedis } from '../../../playground/redis.ts';

const redis = await startRedis();
const ring = await startEtcdRing();
const pids = [redis.pid(), ...ring.members.map((member) => member.pid())];
process.stdout.write(`${JSON.stringify({ pids, directories: [redis.directory, ring.directory] })}\n`);
process.on('SIGTERM', () => {
  void Promise.all([redis.stop(), ring.stop()]).then(() => process.exit(0));
});
setInterval(() => undefined, 60_000);
