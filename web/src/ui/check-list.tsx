import type { ReactNode } from 'react';
import './check-list.css';

interface Props<T> {
  readonly legend: ReactNode;
  readonly items: readonly T[];
  readonly keyOf: (item: T) => string;
  readonly chosen: ReadonlySet<string>;
  readonly onChange: (chosen: ReadonlySet<string>) => void;
  readonly children: (item: T) => ReactNode;
}

/** Any number out of a list. */
export function CheckList<T>({ legend, items, keyOf, chosen, onChange, children }: Props<T>) {
  const toggle = (key: string) => {
    const next = new Set(chosen);
    if (!next.delete(key)) next.add(key);
    onChange(next);
  };
  return (
    <fieldset className="check-list">
      <legend className="field-label">{legend}</legend>
      {items.map((item) => {
        const key = keyOf(item);
        return (
          <label key={key} className="choice">
            <input type="checkbox" checked={chosen.has(key)} onChange={() => toggle(key)} />
            <span>{children(item)}</span>
          </label>
        );
      })}
    </fieldset>
  );
}
