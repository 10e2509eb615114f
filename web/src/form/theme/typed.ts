/**
 * What is typed shows at once; the form, which looks at all of itself at every change, hears of it
 * a moment later, and always before anything else is done with the page.
 */
import { useEffect, useRef, useState } from 'react';
import { flushSync } from 'react-dom';

/** The longest that the form does not know of a key: some keys of a quick writer. */
const LATER_MS = 300;

const waiting = new Set<() => void>();

/** The form knows of all that was typed, and the page has been drawn anew for it. */
export function tellForm(): void {
  if (waiting.size === 0) return;
  flushSync(() => {
    for (const tell of [...waiting]) tell();
  });
}

/** Keys that go on with a text; any other may save it, leave it or move a row. */
const goesOn = ({ key, ctrlKey, metaKey, altKey, isComposing }: KeyboardEvent): boolean =>
  isComposing ||
  key === 'Process' ||
  key === 'Backspace' ||
  key === 'Delete' ||
  (key.length === 1 && !ctrlKey && !metaKey && !altKey);

window.addEventListener('keydown', (event) => !goesOn(event) && tellForm(), { capture: true });
for (const type of ['pointerdown', 'click', 'focusout', 'hashchange', 'beforeunload', 'pagehide'])
  window.addEventListener(type, tellForm, { capture: true });

/** The text that a field shows, and what to do with each change of it. */
export function useTyped(
  value: string,
  onChange: (text: string) => void,
): readonly [string, (text: string) => void] {
  const [text, setText] = useState(value);
  const seen = useRef(value);
  const tell = useRef<(() => void) | null>(null);
  const change = useRef(onChange);
  change.current = onChange;
  if (value !== seen.current) {
    seen.current = value;
    // Further keys have been pressed since the form was told of this.
    if (tell.current === null) setText(value);
  }
  const forget = () => {
    if (tell.current !== null) waiting.delete(tell.current);
    tell.current = null;
  };
  useEffect(() => forget, []);
  const latest = useRef(value);
  const type = (typed: string) => {
    setText(typed);
    latest.current = typed;
    if (tell.current !== null) return;
    const now = () => {
      if (tell.current !== now) return;
      forget();
      change.current(latest.current);
    };
    tell.current = now;
    waiting.add(now);
    setTimeout(now, LATER_MS);
  };
  return [text, type];
}
