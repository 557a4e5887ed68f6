import { z } from 'zod';
import type { Delivery } from './bot-link.ts';
import type { Interactions, ResponseTarget } from './interactions.ts';
import { checkContent } from './methods/chat.ts';
import { BOT } from './seed.ts';
import type { WorkspaceState } from './state.ts';
import { Content, readBlocks } from './web-api.ts';

const Answer = z.object({
  ...Content,
  response_type: z.enum(['ephemeral', 'in_channel']).default('ephemeral'),
  replace_original: z.boolean().default(false),
  delete_original: z.boolean().default(false),
  thread_ts: z.string().optional(),
});
type Answer = z.infer<typeof Answer>;

/** What a response URL says to an answer. */
export interface ResponseResult {
  readonly status: number;
  readonly body: string;
}

/** Takes what the bot sent to a response URL. */
export function acceptResponse(
  state: WorkspaceState,
  interactions: Interactions,
  path: string,
  raw: unknown,
): ResponseResult {
  const target = interactions.useResponsePath(path);
  if ('error' in target) return { status: 404, body: JSON.stringify({ ok: false, error: target.error }) };
  const answer = Answer.safeParse(raw);
  if (!answer.success) return { status: 400, body: 'invalid_payload' };
  const refusal = apply(state, target, answer.data);
  return refusal === undefined ? { status: 200, body: 'ok' } : { status: 400, body: refusal };
}

/** Takes the immediate answer to a slash command: its body may be a message; no or a bad answer is shown as Slack does. */
export function acceptAnswer(state: WorkspaceState, target: ResponseTarget, delivery: Delivery): void {
  if (delivery.status !== 200) {
    const why = delivery.failure === 'timeout' ? 'operation_timeout' : 'dispatch_failed';
    state.feed.add({ kind: 'bot-failed', user: target.user, channel: target.channel, why });
    return;
  }
  const body = delivery.body.trim();
  if (body === '') return;
  const answer = Answer.safeParse(parse(body));
  apply(state, target, answer.success ? answer.data : Answer.parse({ text: body }));
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function apply(state: WorkspaceState, target: ResponseTarget, answer: Answer): string | undefined {
  const original = target.messageTs === undefined ? undefined : state.find(target.channel, target.messageTs);
  if (answer.delete_original) {
    if (original !== undefined) state.remove(original);
    return undefined;
  }
  const refusal = checkContent(answer);
  if (refusal !== undefined) return String(refusal['error']);
  const { text = '', metadata } = answer;
  const blocks = readBlocks(answer.blocks ?? []);
  if (answer.replace_original && original !== undefined) {
    state.update(original, { text, blocks, metadata });
    return undefined;
  }
  state.post({
    channel: target.channel,
    user: BOT.user,
    text,
    blocks,
    metadata,
    threadTs: answer.thread_ts,
    ephemeralFor: answer.response_type === 'ephemeral' ? target.user : undefined,
  });
  return undefined;
}
