import { type ReactNode, useEffect, useRef } from 'react';

/** What a dialog needs. */
export interface DialogProps {
  readonly label: string;
  readonly className?: string;
  /** Called for Esc. */
  readonly onDismiss: () => void;
  readonly children: ReactNode;
}

/** A modal dialog: the rest of the page is out of reach, the first field has the focus, Esc closes it, and the focus returns to where it was. */
export function Dialog({ label, className = '', onDismiss, children }: DialogProps): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    dialog.current?.querySelector<HTMLElement>('.dialog-body :is(input, textarea, select)')?.focus();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      className={`dialog ${className}`}
      aria-label={label}
      onCancel={(event) => {
        event.preventDefault();
        onDismiss();
      }}
    >
      {children}
    </dialog>
  );
}
