import { z } from 'zod';

/** A text object of Block Kit. */
export const TextObject = z.object({ type: z.string(), text: z.string() });
export type TextObject = z.infer<typeof TextObject>;

const Option = z.object({ text: TextObject, value: z.string(), description: TextObject.optional() });

const Confirm = z.object({
  title: TextObject,
  text: TextObject,
  confirm: TextObject,
  deny: TextObject,
  style: z.enum(['primary', 'danger']).optional(),
});
export type Confirm = z.infer<typeof Confirm>;

/** Something to press, choose or fill in. */
export const Control = z.object({
  type: z.string(),
  action_id: z.string(),
  text: TextObject.optional(),
  value: z.string().optional(),
  url: z.string().optional(),
  style: z.enum(['primary', 'danger']).optional(),
  confirm: Confirm.optional(),
  accessibility_label: z.string().optional(),
  options: z.array(Option).optional(),
  initial_option: Option.optional(),
  initial_options: z.array(Option).optional(),
  initial_value: z.string().optional(),
  placeholder: TextObject.optional(),
  multiline: z.boolean().optional(),
  min_length: z.number().optional(),
  max_length: z.number().optional(),
});
export type Control = z.infer<typeof Control>;

/** An input block of a modal. */
export const InputBlock = z.object({
  type: z.literal('input'),
  block_id: z.string(),
  label: TextObject,
  hint: TextObject.optional(),
  optional: z.boolean().default(false),
  dispatch_action: z.boolean().default(false),
  element: Control,
});
export type InputBlock = z.infer<typeof InputBlock>;

/** An image element or block. */
export const ImageShape = z.object({
  type: z.literal('image'),
  image_url: z.string().optional(),
  alt_text: z.string(),
  title: TextObject.optional(),
});

/** A list whose entries are judged one by one. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** All text inside a value, for what has no look of its own here. */
export function deepText(value: unknown): string {
  if (Array.isArray(value)) return value.map(deepText).filter(Boolean).join(' ');
  if (typeof value !== 'object' || value === null) return '';
  return Object.entries(value)
    .map(([key, inner]) => (key === 'text' && typeof inner === 'string' ? inner : deepText(inner)))
    .filter(Boolean)
    .join(' ');
}
