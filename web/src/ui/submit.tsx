import { useCallback, useState, type ReactNode } from 'react';
import { Problem } from '../http';
import { useSingle } from './attempt';
import { Button } from './button';
import { Dialog } from './dialog';
import { Failure } from './load';
import { Notice } from './notice';

/** Pointer within what was sent → what is wrong there. */
export type Faults = ReadonlyMap<string, string>;
const NONE: Faults = new Map();

export interface Submit {
  readonly busy: boolean;
  readonly faults: Faults;
  readonly failure: unknown;
  /** runs once at a time; refusals are shown, at their fields where they name some */
  readonly run: (action: () => Promise<void>) => void;
  /** refuses before anything is sent */
  readonly refuse: (faults: Faults) => void;
}

export function useSubmit(): Submit {
  const [faults, setFaults] = useState<Faults>(NONE);
  const [failure, setFailure] = useState<unknown>(null);
  const [busy, single] = useSingle();
  const run = useCallback(
    (action: () => Promise<void>) =>
      void single(async () => {
        setFaults(NONE);
        setFailure(null);
        try {
          await action();
        } catch (error) {
          if (error instanceof Problem && error.status === 422 && error.errors.length > 0) {
            setFaults(new Map(error.errors.map(({ pointer, message }) => [pointer, message])));
          } else {
            setFailure(error);
          }
        }
      }),
    [single],
  );
  const refuse = useCallback((found: Faults) => {
    setFailure(null);
    setFaults(found);
  }, []);
  return { busy, faults, failure, run, refuse };
}

/** What was refused, in one place above the fields. */
export function Refused({ submit }: { readonly submit: Submit }) {
  const { faults, failure } = submit;
  if (failure !== null) return <Failure error={failure} />;
  if (faults.size === 0) return null;
  return (
    <Notice kind="error" title="入力を確かめてください">
      <ul className="summary">
        {[...new Set(faults.values())].map((text) => (
          <li key={text}>{text}</li>
        ))}
      </ul>
    </Notice>
  );
}

interface Props {
  readonly title: string;
  readonly submit: Submit;
  readonly label: string;
  readonly onSubmit: () => void;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** A form in a dialog. Escape and やめる leave everything as it was. */
export function FormDialog({ title, submit, label, onSubmit, onClose, children }: Props) {
  return (
    <Dialog title={title} onCancel={onClose}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          onSubmit();
        }}
      >
        <Refused submit={submit} />
        {children}
        <div className="actions">
          <Button type="submit" look="solid" busy={submit.busy}>
            {label}
          </Button>
          <Button onClick={onClose}>やめる</Button>
        </div>
      </form>
    </Dialog>
  );
}
