import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Attempt } from '../contracts.ts';
import { decodeStored } from '../store/decode.ts';
import { StoreError } from '../store/store-error.ts';
import { type Core, keyOf } from './core.ts';
import { badRequest, done, noSuchResource, notFound, refused, serverError } from './refusals.ts';
import { routeOf } from './routes.ts';

const READ_MS = 30_000;

/** Gives the connection of `exec`, `attach` or `portforward` to the node's agent. */
export async function handOver(
  core: Core,
  url: URL,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<Attempt<null>> {
  const route = routeOf(url.pathname);
  if (route.kind !== 'resource' || route.resource !== 'pods') return refused(noSuchResource);
  const { subresource, namespace, name } = route;
  if (subresource !== 'exec' && subresource !== 'attach' && subresource !== 'portforward')
    return refused(noSuchResource);
  const kind = core.kinds.find('', 'v1', 'pods');
  if (kind === undefined || core.nodeGate === null) return refused(badRequest('no node agent serves this'));
  try {
    const found = await core.store.get(keyOf(kind, namespace, name), READ_MS);
    if (found === null) return refused(notFound(kind, name));
    core.nodeGate.upgrade(subresource, decodeStored(found), request, socket, head);
    return done(null);
  } catch (error) {
    if (error instanceof StoreError) return refused(serverError(error.message));
    throw error;
  }
}
