import { randomBytes } from 'node:crypto';
import { openEtcdClient } from '../../playground/etcd-client.ts';
import type { EtcdRing } from '../../playground/etcd-ring.ts';

const MIB = 1024 * 1024;
/** Of one value: 256 objects of 4 KiB, so that filling takes few writes. */
const VALUE_BYTES = MIB;
const OBJECT_BYTES = 4096;
/** Random bytes of one object, which are in it as base64: what compresses least of a pod are its ids, hashes and certificates. */
const NOISE_BYTES = 900;
const AT_ONCE = 4;
const POD = `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web","namespace":"default","labels":{"app":"web","tier":"front"}},"spec":{"containers":[
{"name":"web","image":"registry.example/web:1.2.3","ports":[{"containerPort":8080,"protocol":"TCP"}],"resources":{"limits":{"cpu":"500m"}},
"volumeMounts":[{"name":"token","mountPath":"/var/run/secrets/kubernetes.io/serviceaccount","readOnly":true}]}],"restartPolicy":"Always"}}\n`;

/**
 * Makes the database of a ring as large as wanted, with values that are repeated as objects of Kubernetes are: zstd makes a quarter to a third of
 * them. Goes on from `fromMib`. Answers the bytes of the first member's database.
 */
export async function fillUpTo(ring: EtcdRing, mib: number, fromMib = 0): Promise<number> {
  const client = openEtcdClient((await ring.leader()).clientUrl, ring.tls, 60_000);
  let next = fromMib;
  async function writeOn(): Promise<void> {
    for (let index = next++; index < mib; index = next++)
      await client.put(`/registry/bench/${String(index).padStart(8, '0')}`, valueOf());
  }
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, writeOn));
    return (await client.status()).dbSize;
  } finally {
    client.close();
  }
}

function valueOf(): Buffer {
  const value = Buffer.alloc(VALUE_BYTES, POD);
  const noise = randomBytes((VALUE_BYTES / OBJECT_BYTES) * NOISE_BYTES);
  for (let object = 0; object * OBJECT_BYTES < VALUE_BYTES; object += 1) {
    const piece = noise.subarray(object * NOISE_BYTES, (object + 1) * NOISE_BYTES);
    value.write(piece.toString('base64'), object * OBJECT_BYTES, 'latin1');
  }
  return value;
}
