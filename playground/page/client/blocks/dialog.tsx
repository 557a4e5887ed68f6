import { type ReactNode, useEffect, useRef } from 'react';

/** What a dialog needs. */
export interface DialogProps {
  readonly label: string;
  readonly className?: string;
  /** Names what the dialog shows; when it changes, its first field has the focus, or else its text. */
  readonly page?: string;
  /** Called for Esc. */
  readonly onDismiss: () => void;
  readonly children: ReactNode;
}

/** A modal dialog: the rest of the page is out of reach, the first field has the focus, Esc closes it, and the focus returns to where it was. */
export function Dialog({ label, className = '', page = '', onDismiss, children }: DialogProps): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  useEffect(() => {
    const body = dialog.current?.querySelector<HTMLElement>('.dialog-body');
    body?.scrollTo(0, 0);
    (body?.querySelector<HTMLElement>(':is(input, textarea, select)') ?? body)?.focus();
  }, [page]);
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
