import { z } from 'zod';
import { checkBlocks } from '../blocks.ts';
import type { View } from '../model.ts';
import { BOT, TEAM } from '../seed.ts';
import type { WorkspaceState } from '../state.ts';
import { type ApiAnswer, defineMethod, json, readBlocks, refuse } from '../web-api.ts';

const PUSH_LIMIT = 3;
const Title = z.object({ type: z.literal('plain_text'), text: z.string().min(1).max(24) });
const Definition = z.looseObject({
  type: z.literal('modal'),
  title: Title,
  blocks: z.array(z.unknown()),
  submit: Title.optional(),
  close: Title.optional(),
  callback_id: z.string().max(255).default(''),
  private_metadata: z.string().max(3000).default(''),
  external_id: z.string().max(255).default(''),
  notify_on_close: z.boolean().default(false),
});
type Definition = z.infer<typeof Definition>;

/** What the bot may hand in as a view: parsed, or refused as Slack refuses it. */
export function readDefinition(raw: unknown): { readonly definition: Definition } | { readonly refusal: ApiAnswer } {
  const parsed = Definition.safeParse(raw);
  if (!parsed.success) {
    const messages = parsed.error.issues.map(
      (issue) => `[ERROR] ${issue.message} [json-pointer:/view/${issue.path.join('/')}]`,
    );
    return { refusal: refuse('invalid_arguments', messages) };
  }
  const { blocks, submit } = parsed.data;
  const problem = checkBlocks(blocks, 'modal');
  if (problem !== undefined) return { refusal: refuse('invalid_arguments', problem.messages) };
  if (submit === undefined && readBlocks(blocks).some((block) => block.type === 'input')) {
    return { refusal: refuse('invalid_arguments', ['[ERROR] missing required field: submit [json-pointer:/view]']) };
  }
  return { definition: parsed.data };
}

function makeView(state: WorkspaceState, user: string, definition: Definition, below?: View): View {
  const id = state.newId('V0');
  return {
    id,
    user,
    callbackId: definition.callback_id,
    privateMetadata: definition.private_metadata,
    externalId: definition.external_id,
    title: definition.title.text,
    blocks: readBlocks(definition.blocks),
    notifyOnClose: definition.notify_on_close,
    hash: `${state.now()}.${state.newId('')}`,
    rootId: below?.rootId ?? id,
    ...(below === undefined ? {} : { previousId: below.id }),
    definition,
    open: true,
    errors: {},
  };
}

/** A view as the Web API and the payloads show it. */
export function viewJson(view: View): Record<string, unknown> {
  return {
    ...view.definition,
    id: view.id,
    team_id: TEAM.id,
    app_id: BOT.app,
    bot_id: BOT.bot,
    hash: view.hash,
    root_view_id: view.rootId,
    previous_view_id: view.previousId ?? null,
  };
}

/** The modal a person sees now: the newest open one. */
export function topView(state: WorkspaceState, user: string): View | undefined {
  return [...state.views.values()].findLast((view) => view.open && view.user === user);
}

/** Shows a modal to a person, on top of `below` when given. */
export function showView(state: WorkspaceState, user: string, definition: Definition, below?: View): View {
  const view = makeView(state, user, definition, below);
  state.setView(view, 'view-opened');
  return view;
}

/** Puts a new definition into an open modal. */
export function replaceView(state: WorkspaceState, view: View, definition: Definition): View {
  const { previousId: _previousId, ...fresh } = makeView(state, view.user, definition);
  const after: View = { ...view, ...fresh, id: view.id, rootId: view.rootId };
  state.setView(after, 'view-updated');
  return after;
}

const open = defineMethod(
  'views.open',
  z.object({ trigger_id: z.string(), view: json(z.unknown()) }),
  (args, { state, interactions }) => {
    const read = readDefinition(args.view);
    if ('refusal' in read) return read.refusal;
    const trigger = interactions.useTrigger(args.trigger_id);
    if ('error' in trigger) return refuse(trigger.error);
    return { ok: true, view: viewJson(showView(state, trigger.user, read.definition)) };
  },
);

const push = defineMethod(
  'views.push',
  z.object({ trigger_id: z.string(), view: json(z.unknown()) }),
  (args, { state, interactions }) => {
    const read = readDefinition(args.view);
    if ('refusal' in read) return read.refusal;
    const trigger = interactions.useTrigger(args.trigger_id);
    if ('error' in trigger) return refuse(trigger.error);
    const below = topView(state, trigger.user);
    if (below === undefined) return refuse('not_found');
    const stack = [...state.views.values()].filter((view) => view.open && view.rootId === below.rootId);
    if (stack.length >= PUSH_LIMIT) return refuse('push_limit_reached');
    return { ok: true, view: viewJson(showView(state, trigger.user, read.definition, below)) };
  },
);

const update = defineMethod(
  'views.update',
  z.object({
    view: json(z.unknown()),
    view_id: z.string().optional(),
    external_id: z.string().optional(),
    hash: z.string().optional(),
  }),
  (args, { state }) => {
    const read = readDefinition(args.view);
    if ('refusal' in read) return read.refusal;
    const view = [...state.views.values()].find(
      (one) =>
        one.open &&
        (one.id === args.view_id || (args.external_id !== undefined && one.externalId === args.external_id)),
    );
    if (view === undefined) return refuse('not_found');
    if (args.hash !== undefined && args.hash !== view.hash) return refuse('hash_conflict');
    return { ok: true, view: viewJson(replaceView(state, view, read.definition)) };
  },
);

/** `views.*` */
export const viewMethods = [open, push, update];
