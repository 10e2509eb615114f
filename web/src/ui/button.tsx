import type { ButtonHTMLAttributes } from 'react';

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly look?: 'solid' | 'outline' | 'text';
  readonly busy?: boolean;
}

/** While busy it stays focusable and says so, but does nothing: a double click acts once. */
export function Button({ look = 'outline', busy = false, onClick, children, ...rest }: Props) {
  return (
    <button
      type="button"
      {...rest}
      className={`button button-${look}`}
      aria-disabled={busy || undefined}
      onClick={(event) => {
        if (busy) event.preventDefault();
        else onClick?.(event);
      }}
    >
      {busy ? '処理しています…' : children}
    </button>
  );
}
