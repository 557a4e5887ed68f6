import type { AnyCommand, FlagSpec } from '../../../core/command.ts';
import { LATEST } from '../../../core/decide.ts';
import { flagsOf, flagUsage, plansChange, targetForms } from '../../../core/parse/usage.ts';
import { plain, section } from './blocks.ts';
import { code } from './escape.ts';
import { shorten } from './fit.ts';
import type { InputBlock, Modal } from './modal.ts';

/** Name of the page that asks for command and cluster; its submission carries it. */
export const COMMAND_PAGE = 'command.choose';
/** Name of the page that asks for the arguments. */
export const ARGUMENTS_PAGE = 'command.arguments';

/** Slack's limits: options of a select, characters of an option, of a placeholder, of a label. */
const MOST_OPTIONS = 100;
const OPTION_CHARS = 75;
const LABEL_BYTES = 140;
const LONGEST_TEXT = 2000;

/** First page: which command, on which cluster. `note` comes back with the submission. */
export function renderCommandPage(commands: readonly AnyCommand[], clusters: readonly string[], note: string): Modal {
  const verbs = commands.map((command) => option(command.name, `${command.name}: ${command.summary}`));
  const [only] = clusters;
  const initial = clusters.length === 1 && only !== undefined ? { initial_option: option(only, only) } : {};
  return {
    ...frame(COMMAND_PAGE, note, 'Run a command', 'Next'),
    blocks: [
      input('command', 'Command', select('command', verbs, {})),
      clusters.length > MOST_OPTIONS
        ? { ...input('cluster', 'Cluster', textInput('cluster', {})), optional: true }
        : {
            ...input(
              'cluster',
              'Cluster',
              select(
                'cluster',
                clusters.map((name) => option(name, name)),
                initial,
              ),
            ),
            optional: true,
            hint: plain('Left empty for commands about runs.'),
          },
    ],
  };
}

/** Whether a command takes anything beside its cluster. */
export function takesArguments(command: AnyCommand): boolean {
  return argumentInputs(command).length > 0;
}

/** Second page: the arguments of the command, as its declaration says; `given`: what was filled in before, by block. */
export function renderArgumentsPage(
  command: AnyCommand,
  cluster: string | null,
  note: string,
  given: Readonly<Record<string, string>>,
): Modal {
  const what = `${command.name}${cluster === null ? '' : ` ${cluster}`}`;
  const plans = plansChange(command);
  const then = plans ? ['The plan comes first. Nothing runs before you ask for it.'] : [];
  return {
    ...frame(ARGUMENTS_PAGE, note, 'Arguments', plans ? 'Plan' : 'Run'),
    blocks: [
      section('about', [`*${code(what)}*`, command.summary, ...then]),
      ...argumentInputs(command).map((each) => prefilled(each, given[each.block_id])),
    ],
  };
}

/** An input with what was filled in before. */
function prefilled(block: InputBlock, value: string | undefined): InputBlock {
  if (value === undefined) return block;
  const { options } = block.element;
  const more = Array.isArray(options) ? { initial_options: options } : { initial_value: value };
  return { ...block, element: { ...block.element, ...more } };
}

function frame(callback: string, note: string, title: string, submit: string): Omit<Modal, 'blocks'> {
  return {
    type: 'modal',
    callback_id: callback,
    private_metadata: note,
    title: plain(title),
    submit: plain(submit),
    close: plain('Cancel'),
  };
}

function argumentInputs(command: AnyCommand): readonly InputBlock[] {
  const { subject, targets, rest } = command.arguments;
  const inputs: InputBlock[] = [];
  if (subject === 'run') {
    const named = command.decides === true;
    const element = textInput('run', named ? {} : { initial_value: LATEST });
    const hint = plain(named ? 'Its name, as its card shows it.' : `Its name, or ${LATEST}.`);
    inputs.push({ ...input('run', 'Run', element), hint });
  }
  if (subject === 'optional-verb') inputs.push({ ...input('verb', 'Command', textInput('verb', {})), optional: true });
  if (targets !== null) {
    const kinds = targetForms(targets).join(' or ');
    const instead = targets.orFlag === undefined ? '' : ` Or leave it empty and give --${targets.orFlag}.`;
    const hint = `${targets.max > 1 ? `${kinds}; up to ${targets.max} with spaces between.` : `${kinds}.`}${instead}`;
    const label =
      targets.min === 0 && targets.orFlag === undefined
        ? `Only these (${targets.kinds.join(', ')})`
        : `Which ${[...(targets.words ?? []), ...targets.kinds].join(' or ')}`;
    inputs.push({
      ...input('targets', label, textInput('targets', {})),
      hint: plain(hint),
      optional: targets.min === 0,
    });
  }
  if (rest !== null) {
    const label = `${rest.name.charAt(0).toUpperCase()}${rest.name.slice(1)}`;
    inputs.push({ ...input('rest', label, textInput('rest', { multiline: true })), optional: !rest.required });
  }
  // The plan page is the dry run.
  const flags = Object.entries(flagsOf(command)).filter(([name]) => !(plansChange(command) && name === 'dry-run'));
  return [...inputs, ...flags.map(([name, flag]) => flagInput(name, flag))];
}

/** Block id of a flag's input. */
export function flagBlock(name: string): string {
  return `flag.${name}`;
}

function flagInput(name: string, flag: FlagSpec): InputBlock {
  const id = flagBlock(name);
  if (flag.type === 'switch') {
    const options = [option('on', `--${name}`)];
    return { ...input(id, flag.summary, { type: 'checkboxes', action_id: id, options }), optional: true };
  }
  const element = textInput(id, { placeholder: plain(shorten(flagUsage(name, flag), OPTION_CHARS)) });
  return { ...input(id, flag.summary, element), optional: flag.required !== true };
}

function input(id: string, label: string, element: InputBlock['element']): InputBlock {
  return { type: 'input', block_id: id, label: plain(shorten(label, LABEL_BYTES)), element };
}

function textInput(id: string, more: object): InputBlock['element'] {
  return { type: 'plain_text_input', action_id: id, max_length: LONGEST_TEXT, ...more };
}

function select(id: string, options: readonly object[], more: object): InputBlock['element'] {
  return { type: 'static_select', action_id: id, options: options.slice(0, MOST_OPTIONS), ...more };
}

function option(value: string, text: string): object {
  return { text: plain(shorten(text, OPTION_CHARS)), value };
}
