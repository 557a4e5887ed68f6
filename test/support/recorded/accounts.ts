import { z } from 'zod';
import type { World } from './replay.ts';

const Token = z.object({ status: z.object({ token: z.string() }) });

/** Makes a service account and a token for it. */
export async function accountToken(world: World, namespace: string, name: string): Promise<string> {
  const base = `/api/v1/namespaces/${namespace}/serviceaccounts`;
  await world.must('POST', base, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } });
  const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
  const heard = await world.must('POST', `${base}/${name}/token`, request);
  return Token.parse(heard.body).status.token;
}

/** From now on a recorded request with a token comes with this one. */
export function comeAs(world: World, token: string): Promise<unknown> {
  return Promise.resolve(world.names.known.set('Bearer REDACTED', `Bearer ${token}`));
}
