import type { ReactNode } from 'react';
import { Dialog } from './dialog.tsx';
import type { Confirm } from './shapes.ts';
import { Text } from './text.tsx';

/** What the dialog does with the answer. */
export interface ConfirmProps {
  readonly confirm: Confirm;
  readonly onConfirm: () => void;
  readonly onDeny: () => void;
}

/** The question before a button takes effect. The safe answer has the focus. */
export function ConfirmDialog({ confirm, onConfirm, onDeny }: ConfirmProps): ReactNode {
  return (
    <Dialog label={confirm.title.text} className="dialog-confirm" onDismiss={onDeny}>
      <h2>{confirm.title.text}</h2>
      <div className="dialog-text">
        <Text value={confirm.text} />
      </div>
      <div className="dialog-buttons">
        <button type="button" className="button" autoFocus onClick={onDeny}>
          {confirm.deny.text}
        </button>
        <button
          type="button"
          className={`button ${confirm.style === 'danger' ? 'button-danger-solid' : 'button-primary-solid'}`}
          onClick={onConfirm}
        >
          {confirm.confirm.text}
        </button>
      </div>
    </Dialog>
  );
}
