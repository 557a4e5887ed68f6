import { z } from 'zod';

/** Slack's limits of the parts of blocks, in characters and counts. Source: Block Kit reference. */
export const ELEMENT_LIMITS = {
  id: 255,
  buttonText: 75,
  buttonValue: 2000,
  buttonUrl: 3000,
  confirmTitle: 100,
  confirmText: 300,
  confirmButton: 30,
  options: 100,
  optionText: 75,
  optionValue: 75,
  placeholder: 150,
  inputText: 3000,
} as const;

const Text = z.object({ type: z.enum(['plain_text', 'mrkdwn']), text: z.string().min(1) });
const Element = z.looseObject({
  type: z.string(),
  action_id: z.string().max(ELEMENT_LIMITS.id).optional(),
  text: z.unknown().optional(),
  value: z.string().max(ELEMENT_LIMITS.buttonValue).optional(),
  url: z.string().max(ELEMENT_LIMITS.buttonUrl).optional(),
  max_length: z.number().int().min(1).max(ELEMENT_LIMITS.inputText).optional(),
});
const Confirm = z.looseObject({
  title: z.unknown().optional(),
  text: z.unknown(),
  confirm: z.unknown().optional(),
  deny: z.unknown().optional(),
});
const Option = z.looseObject({ text: z.unknown(), value: z.string().max(ELEMENT_LIMITS.optionValue).optional() });

/** Problems of one element of a block: button, select, text input. `at`: where it stands, as a JSON pointer. */
export function checkElement(raw: unknown, at: string): readonly string[] {
  const element = Element.safeParse(raw);
  if (!element.success) return [`invalid element: ${issueOf(element.error)} [json-pointer:${at}]`];
  const { type, text, confirm, options, placeholder } = element.data;
  return [
    ...(type === 'button' ? checkPlain(text, ELEMENT_LIMITS.buttonText, `${at}/text`) : []),
    ...(confirm === undefined ? [] : checkConfirm(confirm, `${at}/confirm`)),
    ...(options === undefined ? [] : checkOptions(options, `${at}/options`)),
    ...(placeholder === undefined ? [] : checkPlain(placeholder, ELEMENT_LIMITS.placeholder, `${at}/placeholder`)),
  ];
}

/** The id by which an element's clicks are known; empty: it has none. */
export function actionIdOf(raw: unknown): readonly string[] {
  const id = Element.safeParse(raw).data?.action_id;
  return id === undefined ? [] : [id];
}

/** Problems of a text object of at most `max` characters. */
export function checkText(raw: unknown, max: number, at: string): readonly string[] {
  const text = Text.safeParse(raw);
  if (!text.success) return [`must be a text object with text [json-pointer:${at}]`];
  return text.data.text.length > max ? [tooLong(max, `${at}/text`)] : [];
}

/** As {@link checkText}, where Slack takes no marks. */
export function checkPlain(raw: unknown, max: number, at: string): readonly string[] {
  const problems = checkText(raw, max, at);
  if (problems.length > 0) return problems;
  return Text.safeParse(raw).data?.type === 'plain_text' ? [] : [`must be of type plain_text [json-pointer:${at}]`];
}

/** Problems of a list that must have 1 to `max` entries. */
export function checkList(raw: unknown, max: number, at: string): readonly string[] {
  if (!Array.isArray(raw) || raw.length === 0) return [`must be a non-empty list [json-pointer:${at}]`];
  return raw.length > max ? [`no more than ${max} items allowed [json-pointer:${at}]`] : [];
}

/** Slack's words for a text of more than `max` characters. */
export function tooLong(max: number, at: string): string {
  return `must be less than ${max + 1} characters [json-pointer:${at}]`;
}

function checkConfirm(raw: unknown, at: string): readonly string[] {
  const parsed = Confirm.safeParse(raw);
  if (!parsed.success) return [`must be a confirm dialog [json-pointer:${at}]`];
  const { title, text, confirm, deny } = parsed.data;
  const parts = [
    ['title', title, ELEMENT_LIMITS.confirmTitle],
    ['confirm', confirm, ELEMENT_LIMITS.confirmButton],
    ['deny', deny, ELEMENT_LIMITS.confirmButton],
  ] as const;
  return [
    ...checkText(text, ELEMENT_LIMITS.confirmText, `${at}/text`),
    ...parts.flatMap(([name, part, max]) => (part === undefined ? [] : checkPlain(part, max, `${at}/${name}`))),
  ];
}

function checkOptions(raw: unknown, at: string): readonly string[] {
  const list = z.array(z.unknown()).safeParse(raw);
  const each = (list.data ?? []).flatMap((one, index) => {
    const option = Option.safeParse(one);
    if (!option.success) return [`invalid option: ${issueOf(option.error)} [json-pointer:${at}/${index}]`];
    return checkText(option.data.text, ELEMENT_LIMITS.optionText, `${at}/${index}/text`);
  });
  return [...checkList(raw, ELEMENT_LIMITS.options, at), ...each];
}

function issueOf(error: z.ZodError): string {
  const issue = error.issues[0];
  return issue === undefined ? '' : `${issue.path.join('.')} ${issue.message}`.trim();
}
