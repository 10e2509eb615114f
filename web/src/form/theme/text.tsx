import type { FieldProps, WidgetProps } from '@rjsf/utils';
import { useEffect, useRef, useState } from 'react';
import { described } from './context';

/** What is typed stays as it is, byte for byte: no trimming, no normalising. */
const orNothing = (text: string): string | undefined => (text === '' ? undefined : text);

const COUNT_FROM = 0.8;

function Count({ text, max }: { readonly text: string; readonly max: number | undefined }) {
  const length = [...text].length;
  if (max === undefined || length < max * COUNT_FROM) return null;
  return (
    <p className="field-count" role="status">
      {length}字（{max}字まで）
    </p>
  );
}

export function Line(props: WidgetProps) {
  const { id, value, onChange, schema, required, rawErrors } = props;
  const text = typeof value === 'string' ? value : '';
  return (
    <>
      <input
        id={id}
        className={`input${(schema.maxLength ?? Infinity) <= 25 ? ' input-short' : ''}`}
        type="text"
        autoComplete="off"
        value={text}
        aria-required={required || undefined}
        onChange={(event) => onChange(orNothing(event.target.value))}
        {...described(id, schema.description, rawErrors)}
      />
      <Count text={text} max={schema.maxLength} />
    </>
  );
}

export function Lines(props: WidgetProps) {
  const { id, value, onChange, schema, required, rawErrors } = props;
  const text = typeof value === 'string' ? value : '';
  const ref = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    // Browsers without `field-sizing` would hide long texts in a small box.
    const box = ref.current;
    if (box !== null && box.scrollHeight > box.clientHeight) {
      box.style.height = `${Math.min(box.scrollHeight + 4, 600)}px`;
    }
  }, [text]);
  return (
    <>
      <textarea
        ref={ref}
        id={id}
        className="input textarea"
        rows={3}
        value={text}
        aria-required={required || undefined}
        onChange={(event) => onChange(orNothing(event.target.value))}
        {...described(id, schema.description, rawErrors)}
      />
      <Count text={text} max={schema.maxLength} />
    </>
  );
}

const toAscii = (text: string): string =>
  text.replace(/[０-９]/g, (digit) => String.fromCharCode(digit.charCodeAt(0) - 0xfee0)).trim();

/** A number typed as text (full-width digits too); what is no number stays and is reported. */
export function NumberEntry(props: FieldProps) {
  const { fieldPathId, formData, onChange, schema, required, rawErrors } = props;
  const id = fieldPathId.$id;
  const given = formData === undefined || formData === null ? '' : String(formData);
  const [text, setText] = useState(given);
  const sent = useRef(given);
  if (given !== sent.current) {
    sent.current = given;
    setText(given);
  }
  return (
    <input
      id={id}
      className="input input-number"
      type="text"
      inputMode="numeric"
      autoComplete="off"
      value={text}
      aria-required={required || undefined}
      onChange={(event) => {
        const typed = event.target.value;
        const ascii = toAscii(typed);
        const value = ascii === '' ? undefined : /^\d+$/.test(ascii) ? Number(ascii) : typed;
        sent.current = value === undefined ? '' : String(value);
        setText(typed);
        onChange(value, fieldPathId.path);
      }}
      {...described(id, schema.description, rawErrors)}
    />
  );
}
