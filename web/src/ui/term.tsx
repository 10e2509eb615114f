import { useId, useState, type ReactNode } from 'react';
import './term.css';
import { TERMS, type TermName, type TermText } from './terms';

interface Props {
  readonly name: TermName;
  /** the words that stand in the text; the term's own title where none are given */
  readonly children?: ReactNode;
}

/** A legal term with its explanation behind it: opened by a press, closed by one more or Escape. */
export function Term({ name, children }: Props) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const { title, text, source }: TermText = TERMS[name];
  return (
    <span
      className="term"
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !open) return;
        // It closes the explanation, not the dialog that it stands in.
        event.preventDefault();
        event.stopPropagation();
        setOpen(false);
      }}
    >
      <button
        type="button"
        className="term-button"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        onClick={() => setOpen(!open)}
      >
        {children ?? title}
        <span className="term-mark" aria-hidden="true">
          ?
        </span>
        <span className="visually-hidden">（説明）</span>
      </button>
      {open && (
        <span id={id} role="note" className="term-text" aria-label={`${title}の説明`}>
          <strong>{title}</strong>
          {text}
          {source !== undefined && <span className="term-source">（{source}）</span>}
        </span>
      )}
    </span>
  );
}
