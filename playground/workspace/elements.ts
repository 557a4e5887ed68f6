import { z } from 'zod';
import type { Block } from './model.ts';

const Option = z.looseObject({ text: z.looseObject({ text: z.string() }), value: z.string() });

/** A part of a block a person can act on: button, select, radio buttons, text input. */
export const Interactive = z.looseObject({
  type: z.string(),
  action_id: z.string(),
  text: z.looseObject({ text: z.string() }).optional(),
  value: z.string().optional(),
  options: z.array(Option).optional(),
  initial_option: Option.optional(),
  initial_options: z.array(Option).optional(),
  initial_value: z.string().optional(),
  min_length: z.number().optional(),
  max_length: z.number().optional(),
});
export type Interactive = z.infer<typeof Interactive>;

/** An interactive element and the block it stands in. */
export interface PlacedElement {
  readonly blockId: string;
  readonly element: Interactive;
  /** Of an input block: whether it may stay empty. */
  readonly optional: boolean;
}

/** Whether an element is pressed, not filled in. */
export function isPressed(element: Interactive): boolean {
  return element.type === 'button';
}

/** What an input holds before anybody touches it. */
export function initialValue(element: Interactive): string | undefined {
  return element.initial_value ?? element.initial_option?.value ?? element.initial_options?.[0]?.value;
}

/** Every interactive element of the blocks, in reading order. */
export function findElements(blocks: readonly Block[]): readonly PlacedElement[] {
  return blocks.flatMap((block) => {
    const { elements, accessory, element, optional } = block;
    const all = [...(Array.isArray(elements) ? elements : []), accessory, element];
    return all.flatMap((raw) => {
      const parsed = Interactive.safeParse(raw);
      if (!parsed.success) return [];
      return [{ blockId: block.block_id ?? '', element: parsed.data, optional: optional === true }];
    });
  });
}

/** The state of an element as Slack sends it, for a text or the value of an option. @throws Error for an unknown option. */
export function elementState(element: Interactive, value: string | undefined): Record<string, unknown> {
  if (element.options === undefined) return { type: element.type, value: value ?? null };
  const option = element.options.find((one) => one.value === value);
  if ((value ?? '') !== '' && option === undefined) throw new Error(`${element.action_id} has no option ${value}`);
  if (element.type === 'checkboxes')
    return { type: element.type, selected_options: option === undefined ? [] : [option] };
  return { type: element.type, selected_option: option ?? null };
}
