import { useEffect, useId, useRef, type ReactNode } from 'react';

interface Props {
  readonly title: string;
  readonly children: ReactNode;
  /** Escape; without it the dialog stays until its own buttons close it */
  readonly onCancel?: () => void;
  /** hides the page behind it: somebody else may be looking at the screen */
  readonly opaque?: boolean;
  readonly wide?: boolean;
}

export function Dialog({ title, children, onCancel, opaque = false, wide = false }: Props) {
  const ref = useRef<HTMLDialogElement>(null);
  const titleId = useId();

  useEffect(() => {
    const dialog = ref.current;
    if (dialog === null) return undefined;
    const opener = document.activeElement;
    const open = () => {
      if (dialog.isConnected && !dialog.open) dialog.showModal();
    };
    open();
    // Browsers close a dialog on a second Escape whatever the page says: it opens again.
    dialog.addEventListener('close', open);
    return () => {
      dialog.removeEventListener('close', open);
      dialog.close();
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    };
  }, []);

  return (
    <dialog
      ref={ref}
      className={`dialog${opaque ? ' dialog-opaque' : ''}${wide ? ' dialog-wide' : ''}`}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        onCancel?.();
      }}
    >
      <h2 id={titleId} className="dialog-title">
        {title}
      </h2>
      {children}
    </dialog>
  );
}
