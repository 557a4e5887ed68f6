import { z } from 'zod';
import type { Delivery } from './bot-link.ts';
import { elementState, findElements, initialValue, isPressed, type PlacedElement } from './elements.ts';
import { readDefinition, replaceView, showView, topView } from './methods/views.ts';
import type { View } from './model.ts';
import { closedRequest, submissionRequest, viewActionRequest } from './payloads.ts';
import type { Person, PersonParts } from './person.ts';

const ViewAnswer = z.object({
  response_action: z.enum(['errors', 'update', 'push', 'clear']).optional(),
  errors: z.record(z.string(), z.string()).optional(),
  view: z.unknown().optional(),
});

/** What a person does with the modals in front of them. */
export function fillingIn(parts: PersonParts): Pick<Person, 'view' | 'clickView' | 'submit' | 'close'> {
  const { user, state, link, interactions } = parts;
  return {
    view: () => topView(state, user.id),
    async clickView(view, actionId, options = {}) {
      const placed = findElements(view.blocks).find(({ element }) => element.action_id === actionId);
      if (placed === undefined) throw new Error(`${user.name} sees no ${actionId} in the modal "${view.title}"`);
      const { element, blockId } = placed;
      const request = viewActionRequest({
        user,
        view,
        action: { ...element, block_id: blockId },
        values: untouched(view),
        triggerId: interactions.newTrigger(user.id),
        nowMs: state.now(),
      });
      const delivery = await link.send(request, options);
      if (delivery.status !== 200) reportFailure(parts, delivery);
      return delivery;
    },
    async submit(view, values, options = {}) {
      const filled = fillIn(view, values);
      state.feed.add({ kind: 'submitted', user: user.id, view, values });
      const delivery = await link.send(
        submissionRequest(user, view, filled, interactions.newTrigger(user.id)),
        options,
      );
      applyAnswer(parts, view, delivery);
      return delivery;
    },
    async close(view) {
      state.setView({ ...view, open: false }, 'view-closed');
      return view.notifyOnClose ? link.send(closedRequest(user, view)) : undefined;
    },
  };
}

function reportFailure({ user, state }: Pick<PersonParts, 'user' | 'state'>, delivery: Delivery): void {
  const why = delivery.failure ?? `HTTP ${delivery.status}`;
  state.feed.add({ kind: 'bot-failed', user: user.id, channel: '', why });
}

function applyAnswer({ user, state }: PersonParts, view: View, delivery: Delivery): void {
  if (delivery.status !== 200) {
    reportFailure({ user, state }, delivery);
    return;
  }
  const answer = ViewAnswer.parse(delivery.body.trim() === '' ? {} : JSON.parse(delivery.body));
  if (answer.response_action === 'errors') {
    state.setView({ ...view, errors: answer.errors ?? {} }, 'view-updated');
    return;
  }
  if (answer.response_action === 'update' || answer.response_action === 'push') {
    const read = readDefinition(answer.view);
    if ('refusal' in read) throw new Error(`the bot answered with a bad view: ${JSON.stringify(read.refusal)}`);
    if (answer.response_action === 'update') replaceView(state, view, read.definition);
    else showView(state, user.id, read.definition, view);
    return;
  }
  const all = answer.response_action === 'clear';
  for (const one of state.views.values()) {
    if (one.open && (one.id === view.id || (all && one.rootId === view.rootId))) {
      state.setView({ ...one, open: false }, 'view-closed');
    }
  }
}

/** The inputs of a modal, as they are. */
function inputsOf(view: View): readonly PlacedElement[] {
  return findElements(view.blocks).filter(({ element }) => !isPressed(element));
}

/** The state of a modal that nobody touched. */
function untouched(view: View): Record<string, unknown> {
  return Object.fromEntries(
    inputsOf(view).map(({ blockId, element }) => [
      blockId,
      { [element.action_id]: elementState(element, initialValue(element)) },
    ]),
  );
}

function fillIn(view: View, values: Readonly<Record<string, string>>): Record<string, unknown> {
  const inputs = inputsOf(view);
  const unknown = Object.keys(values).find((blockId) => !inputs.some((input) => input.blockId === blockId));
  if (unknown !== undefined) throw new Error(`the modal "${view.title}" has no input ${unknown}`);
  return Object.fromEntries(
    inputs.map(({ blockId, element, optional }) => {
      const value = values[blockId] ?? initialValue(element);
      if ((value ?? '') === '' && !optional) throw new Error(`the modal "${view.title}" wants ${blockId}`);
      const length = (value ?? '').length;
      const fits = length >= (element.min_length ?? 0) && length <= (element.max_length ?? 3000);
      if (value !== undefined && !fits)
        throw new Error(`the modal "${view.title}" does not take ${length} characters in ${blockId}`);
      return [blockId, { [element.action_id]: elementState(element, value) }];
    }),
  );
}
