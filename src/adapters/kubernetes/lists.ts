import type {
  KubernetesCall,
  KubernetesObject,
  KubernetesResult,
  ObjectList,
  ObjectQuery,
} from '../../core/ports/kubernetes.ts';
import { type Address, addressOf, locate, type Session } from './address.ts';
import { jsonBody } from './body.ts';
import type { Deadline } from './deadline.ts';
import { perform } from './link.ts';
import { doubting } from './objects.ts';
import { answered } from './outcome.ts';
import { READ_PATIENCE_MS } from './retry-after.ts';
import { type ObjectPage, readMetadataPage, readPage } from './shape.ts';

/** Objects of one page, unless the call says otherwise; what `kubectl` asks for. */
const PAGE = 500;
/** Most bytes of one page. */
const MOST_PAGE = 128 << 20;

/** No other form follows: a server that cannot leave the rest out refuses (406) and does not send all of it. */
const METADATA_ONLY = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';

interface ListCall extends KubernetesCall {
  readonly pageSize?: number;
}

/** How pages are asked for. */
interface Paging {
  readonly pageSize: number;
  readonly metadataOnly: boolean;
}

/** Reads a list in pages, keeps all of it. */
export async function list(
  session: Session,
  query: ObjectQuery,
  call: ListCall & { readonly metadataOnly?: boolean },
): Promise<KubernetesResult<ObjectList>> {
  const paging = { pageSize: call.pageSize ?? PAGE, metadataOnly: call.metadataOnly === true };
  async function listAll(address: Address, deadline: Deadline): Promise<KubernetesResult<ObjectList>> {
    for (let round = 1; ; round += 1) {
      const items: KubernetesObject[] = [];
      const end = await pages(session, address, query, deadline, paging, (page) => {
        // One push with thousands of arguments would exhaust the stack.
        for (const item of page) items.push(item);
      });
      if (end.ok) return answered({ items, resourceVersion: end.value.resourceVersion });
      if (end.error.code !== 'expired' || round === 2) return end;
    }
  }
  return locate(session, { ...query, name: null }, call, listAll, READ_PATIENCE_MS);
}

/** Reads a list in pages and keeps none. A page that expired after one was handed over ends it: the caller begins anew. */
export async function eachPage(
  session: Session,
  query: ObjectQuery,
  call: ListCall,
  onPage: (items: readonly KubernetesObject[]) => void,
): Promise<KubernetesResult<{ readonly resourceVersion: string }>> {
  return locate(
    session,
    { ...query, name: null },
    call,
    (address, deadline) =>
      pages(session, address, query, deadline, { pageSize: call.pageSize ?? PAGE, metadataOnly: false }, onPage),
    READ_PATIENCE_MS,
  );
}

/** The address of a query's collection, for who lists and watches it. */
export function collectionOf(
  session: Session,
  query: ObjectQuery,
  deadline: Deadline,
): Promise<KubernetesResult<Address>> {
  return addressOf(session, { ...query, name: null }, deadline);
}

/** Hands over page after page of one consistent state. */
export async function pages(
  session: Session,
  address: Address,
  query: ObjectQuery,
  deadline: Deadline,
  { pageSize, metadataOnly }: Paging,
  onPage: (items: readonly KubernetesObject[]) => void,
): Promise<KubernetesResult<{ readonly resourceVersion: string }>> {
  let next: string | undefined;
  for (;;) {
    const page: KubernetesResult<ObjectPage> = await perform(
      session.link,
      {
        method: 'GET',
        path: address.path,
        query: {
          limit: pageSize,
          continue: next,
          labelSelector: query.labelSelector,
          fieldSelector: query.fieldSelector,
        },
        ...(metadataOnly ? { accept: METADATA_ONLY } : {}),
        what: address.attributes('list'),
      },
      deadline,
      jsonBody(MOST_PAGE, (value) =>
        metadataOnly ? readMetadataPage(address.served, value) : readPage(address.served, value),
      ),
    );
    if (!page.ok) return doubting(session, page);
    onPage(page.value.items);
    if (page.value.next === '') return answered({ resourceVersion: page.value.resourceVersion });
    next = page.value.next;
  }
}
