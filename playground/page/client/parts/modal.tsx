import { type ReactNode, type SubmitEvent, useState } from 'react';
import type { PageBlock, PageView } from '../../contract.ts';
import { Blocks } from '../blocks/blocks.tsx';
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
  const inputs = inputsOf(view);
  const errors: Values = { ...view.errors, ...missing };

  async function submit(event: SubmitEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const gaps = findGaps(inputs, values);
    setMissing(gaps);
    if (Object.keys(gaps).length > 0) return;
    setBusy(true);
    await act({ act: 'submit', view: view.id, values: filled(inputs, values) });
    setBusy(false);
  }
  function change(block: InputBlock, value: string): void {
    setValues({ ...values, [block.block_id]: value });
    const { [block.block_id]: _mended, ...rest } = missing;
    setMissing(rest);
  }
  function close(): void {
    void act({ act: 'close', view: view.id });
  }
  return (
    <Dialog label={view.title} className="dialog-modal" page={view.hash} onDismiss={close}>
      <form noValidate onSubmit={(event) => void submit(event)}>
        <header>
          <h2>{view.title}</h2>
          <button type="button" className="icon-button" aria-label="Close" onClick={close}>
            ✕
          </button>
        </header>
        <div className="dialog-body">
          {view.blocks.map((block, index) => (
            <ModalBlock key={block.block_id ?? index} block={block} values={values} errors={errors} onChange={change} />
          ))}
        </div>
        <footer className="dialog-buttons">
          <button type="button" className="button" onClick={close}>
            {view.close}
          </button>
          {view.submit !== null && (
            <button type="submit" className="button button-primary-solid" disabled={busy} aria-busy={busy}>
              {view.submit}
            </button>
          )}
        </footer>
      </form>
    </Dialog>
  );
}

interface ModalBlockProps {
  readonly block: PageBlock;
  readonly values: Values;
  readonly errors: Values;
  readonly onChange: (block: InputBlock, value: string) => void;
}

function ModalBlock({ block, values, errors, onChange }: ModalBlockProps): ReactNode {
  const input = InputBlock.safeParse(block).data;
  if (input === undefined) return <Blocks blocks={[block]} onAct={() => Promise.resolve()} />;
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
      // Nothing chosen is said by silence; an emptied text is said.
      const silent = value === '' && (input.element.options !== undefined || values[input.block_id] === undefined);
      return silent ? [] : [[input.block_id, value]];
    }),
  );
}
