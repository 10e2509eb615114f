import { useEffect, useRef, type ReactNode } from 'react';
import { Button } from '../../ui/button';
import { Failure } from '../../ui/load';

interface Props {
  readonly title: string;
  readonly children: ReactNode;
  readonly action: string;
  readonly busy: boolean;
  readonly error: unknown;
  readonly onSubmit: () => void;
  readonly after?: ReactNode;
}

/** One step of the sign-in: a heading, its fields, what went wrong, one button. */
export function StepForm({ title, children, action, busy, error, onSubmit, after }: Props) {
  const ref = useRef<HTMLFormElement>(null);
  useEffect(() => {
    ref.current?.querySelector<HTMLElement>('input')?.focus();
  }, [title]);
  return (
    <form
      ref={ref}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy) onSubmit();
      }}
    >
      <h2>{title}</h2>
      {error !== null && <Failure error={error} />}
      {children}
      <div className="actions">
        <Button type="submit" look="solid" busy={busy}>
          {action}
        </Button>
      </div>
      {after}
    </form>
  );
}
