import type { ReactNode } from 'react';
import { Button } from './button';

interface Props {
  readonly title: string;
  /** what must become of the paper */
  readonly warning: string;
  readonly children: ReactNode;
}

export const DESTROY_AFTER_USE =
  'この控えは、用が済んだら必ず細断して廃棄してください。ほかの人に見せたり、置いたままにしたりしないでください。';

/** A piece of paper: when printed, it is all that is printed. */
export function Slip({ title, warning, children }: Props) {
  return (
    <section className="slip" aria-label={title}>
      <h3>{title}</h3>
      {children}
      <p className="slip-warning">{warning}</p>
      <div className="actions no-print">
        <Button onClick={() => window.print()}>印刷する</Button>
      </div>
    </section>
  );
}
