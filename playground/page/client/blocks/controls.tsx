import { type ReactNode, useState } from 'react';
import { ConfirmDialog } from './confirm-dialog.tsx';
import { Control } from './shapes.ts';

/** Does what a control stands for. Settles when the bot has answered. */
export type Act = (actionId: string, value: string | undefined) => Promise<void>;

/** Buttons and menus in a row. */
export function Controls({
  elements,
  onAct,
}: {
  readonly elements: readonly unknown[];
  readonly onAct: Act;
}): ReactNode {
  const controls = elements.flatMap((element) => Control.safeParse(element).data ?? []);
  return (
    <div className="block-actions">
      {controls.map((control) =>
        control.options === undefined ? (
          <ActionButton key={control.action_id} control={control} onAct={onAct} />
        ) : (
          <ActionMenu key={control.action_id} control={control} onAct={onAct} />
        ),
      )}
    </div>
  );
}

/** Knows whether an act of its own is under way, and asks first where the control says so. */
function useAct(control: Control, onAct: Act) {
  const [busy, setBusy] = useState(false);
  const [asking, setAsking] = useState<string | undefined>();
  async function go(value: string | undefined): Promise<void> {
    setAsking(undefined);
    setBusy(true);
    await onAct(control.action_id, value);
    setBusy(false);
  }
  function start(value: string | undefined): void {
    if (control.confirm === undefined) void go(value);
    else setAsking(value ?? '');
  }
  const dialog =
    control.confirm === undefined || asking === undefined ? null : (
      <ConfirmDialog
        confirm={control.confirm}
        onConfirm={() => void go(asking === '' ? undefined : asking)}
        onDeny={() => setAsking(undefined)}
      />
    );
  return { busy, start, dialog };
}

function ActionButton({ control, onAct }: { readonly control: Control; readonly onAct: Act }): ReactNode {
  const { busy, start, dialog } = useAct(control, onAct);
  return (
    <>
      <button
        type="button"
        className={`button ${control.style === undefined ? '' : `button-${control.style}`}`}
        aria-label={control.accessibility_label}
        aria-busy={busy}
        disabled={busy}
        onClick={() => start(control.value)}
      >
        {control.text?.text ?? control.action_id}
      </button>
      {dialog}
    </>
  );
}

function ActionMenu({ control, onAct }: { readonly control: Control; readonly onAct: Act }): ReactNode {
  const { busy, start, dialog } = useAct(control, onAct);
  const label = control.placeholder?.text ?? control.action_id;
  return (
    <>
      <select
        className="menu"
        aria-label={label}
        disabled={busy}
        value={control.initial_option?.value ?? ''}
        onChange={(event) => start(event.target.value)}
      >
        <option value="" disabled>
          {label}
        </option>
        {control.options?.map((option) => (
          <option key={option.value} value={option.value}>
            {option.text.text}
          </option>
        ))}
      </select>
      {dialog}
    </>
  );
}
