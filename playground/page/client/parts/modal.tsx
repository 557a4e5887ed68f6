import { type ReactNode, type SubmitEvent, useState } from 'react';
import type { PageBlock, PageView } from '../../contract.ts';
import { Blocks } from '../blocks/blocks.tsx';
import type { Act } from '../blocks/controls.tsx';
import { Dialog } from '../blocks/dialog.tsx';
import { InputBlock } from '../blocks/shapes.ts';
import { usePage } from '../state/page-context.ts';
import { Input } from './input.tsx';

type Values = Readonly<Record<string, string>>;

/** The modal the bot shows: its blocks, its inputs, and what the bot says against them. */
export function Modal({ view }: { readonly view: PageView }): ReactNode {
  const { act } = usePage();
  const [values, setValues] = useState<Values>({});
  const [missing, setMissing] = useState<Values>({});
  const [busy, setBusy] = useState(false);
  // What was said against one field says nothing of what is typed now.
  const [mending, setMending] = useState(false);
  const inputs = inputsOf(view);
  const errors: Values = { ...(mending ? {} : view.errors), ...missing };

  async function submit(event: SubmitEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const gaps = findGaps(inputs, values);
    setMissing(gaps);
    if (Object.keys(gaps).length > 0) return;
    setBusy(true);
    setMending(false);
    await act({ act: 'submit', view: view.id, values: filled(inputs, values) });
    setBusy(false);
  }
  function change(block: InputBlock, value: string): void {
    setValues({ ...values, [block.block_id]: value });
    const { [block.block_id]: _mended, ...rest } = missing;
    setMissing(rest);
    setMending(true);
  }
  async function press(actionId: string): Promise<void> {
    await act({ act: 'press', view: view.id, actionId });
  }
  function close(): void {
    void act({ act: 'close', view: view.id });
  }
  return (
    <Dialog label={view.title} className="dialog-modal" page={view.hash} onDismiss={close}>
      <form noValidate onSubmit={(event) => void submit(event)}>
        <header>
          <h2 aria-live="polite">{view.title}</h2>
          <button type="button" className="icon-button" aria-label="Close" onClick={close}>
            ✕
          </button>
        </header>
        <div className="dialog-body" tabIndex={-1}>
          {view.blocks.map((block, index) => (
            <ModalBlock
              key={block.block_id ?? index}
              block={block}
              values={values}
              errors={errors}
              onChange={change}
              onPress={press}
            />
          ))}
        </div>
        <Buttons view={view} busy={busy} onClose={close} />
      </form>
    </Dialog>
  );
}

interface ButtonsProps {
  readonly view: PageView;
  readonly busy: boolean;
  readonly onClose: () => void;
}

function Buttons({ view, busy, onClose }: ButtonsProps): ReactNode {
  return (
    <footer className="dialog-buttons">
      <button type="button" className="button" onClick={onClose}>
        {view.close}
      </button>
      {view.submit !== null && (
        <button type="submit" className="button button-primary-solid" disabled={busy} aria-busy={busy}>
          {view.submit}
        </button>
      )}
    </footer>
  );
}

interface ModalBlockProps {
  readonly block: PageBlock;
  readonly values: Values;
  readonly errors: Values;
  readonly onChange: (block: InputBlock, value: string) => void;
  readonly onPress: Act;
}

function ModalBlock({ block, values, errors, onChange, onPress }: ModalBlockProps): ReactNode {
  const input = InputBlock.safeParse(block).data;
  if (input === undefined) return <Blocks blocks={[block]} onAct={onPress} />;
  return (
    <Input
      block={input}
      value={values[input.block_id] ?? initial(input)}
      error={errors[input.block_id]}
      onChange={(value) => onChange(input, value)}
    />
  );
}

function inputsOf(view: PageView): readonly InputBlock[] {
  return view.blocks.flatMap((block) => InputBlock.safeParse(block).data ?? []);
}

function initial({ element }: InputBlock): string {
  return element.initial_value ?? element.initial_option?.value ?? element.initial_options?.[0]?.value ?? '';
}

/** What Slack's own form refuses before the bot is asked. */
function findGaps(inputs: readonly InputBlock[], values: Values): Values {
  return Object.fromEntries(
    inputs.flatMap((input) => {
      const value = values[input.block_id] ?? initial(input);
      if (value.trim() === '') return input.optional ? [] : [[input.block_id, 'This is required.']];
      const least = input.element.min_length ?? 0;
      return value.length < least ? [[input.block_id, `At least ${least} characters.`]] : [];
    }),
  );
}

function filled(inputs: readonly InputBlock[], values: Values): Record<string, string> {
  return Object.fromEntries(
    inputs.flatMap((input) => {
      const value = values[input.block_id] ?? initial(input);
      // Nothing chosen is said by silence; what was emptied or taken away is said.
      const untouched = values[input.block_id] === undefined;
      const silent = value === '' && (untouched || (input.element.options !== undefined && initial(input) === ''));
      return silent ? [] : [[input.block_id, value]];
    }),
  );
}
