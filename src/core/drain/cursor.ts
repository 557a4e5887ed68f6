import { z } from 'zod';

/** How far one node is. Times in ms since 1970 by the clock of the worker; `null`: not yet. */
const NodeProgress = z.object({
  name: z.string().min(1),
  uid: z.string().min(1),
  begunMs: z.number().nullable(),
  /** When it was seen without a pod to be evicted. */
  emptyMs: z.number().nullable(),
  /** The node object was seen to be gone, or to be another one of this name. */
  gone: z.boolean(),
});

/** An eviction that was sent and whose pod is still there. */
const Asked = z.object({
  uid: z.string(),
  namespace: z.string(),
  name: z.string(),
  node: z.string(),
  atMs: z.number(),
  /** `accepted`: the server took it. `unsure`: no certain answer. `refused`: it said no; asked again from `againMs` on. */
  answer: z.enum(['accepted', 'unsure', 'refused']),
  againMs: z.number(),
  /** The server's words of a refusal, without secrets; empty: none. */
  words: z.string(),
  /** How often it was refused in a row. */
  refusals: z.number().int(),
  /** It can never succeed as things are. */
  hopeless: z.boolean(),
});
export type Asked = z.infer<typeof Asked>;

/** When a pod was first seen ending. */
const Ending = z.object({ uid: z.string(), sinceMs: z.number() });

/** What is kept of a drain between two looks. Everything else is read anew. */
export const Cursor = z.object({
  begunMs: z.number(),
  nodes: z.array(NodeProgress),
  asked: z.array(Asked),
  ending: z.array(Ending),
  /** Pods that came to a node after its drain began: how many, by node and owner. */
  returned: z.array(z.object({ node: z.string(), owner: z.string(), times: z.number().int(), newest: z.string() })),
  /** Of each node when its drain began: when its newest pod was made, ISO. */
  newest: z.record(z.string(), z.string()),
  /** Nothing is sent before: the server asked for a pause. */
  holdMs: z.number(),
  /** When something was last seen to move. */
  movedMs: z.number(),
  /** Pods left on the nodes at the last look; `null`: none was made. */
  left: z.number().int().nullable(),
  /** Counts for the report: evictions that the server took, and those it refused. */
  evicted: z.number().int(),
  refused: z.number().int(),
});
export type Cursor = z.infer<typeof Cursor>;
