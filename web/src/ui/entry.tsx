/** Labelled entries for screens that are no record form: a choice, a day, a tick, longer text. */
import { useId, type ReactNode } from 'react';
import { formatDate } from '../wareki';
import { TextField } from './field';

interface Common {
  readonly label: string;
  readonly help?: string;
  readonly error?: string | undefined;
  readonly required?: boolean;
}

export interface Option {
  readonly value: string;
  readonly label: string;
}

interface SelectProps extends Common {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly options: readonly Option[];
  /** what stands there while nothing is chosen */
  readonly empty?: string;
}

export function SelectField(props: SelectProps) {
  const { value, onChange, options, empty } = props;
  return (
    <Labelled {...props}>
      {(field) => (
        <select
          {...field}
          className="input select"
          value={value}
          onChange={(event) => onChange(event.target.value)}
        >
          {empty !== undefined && <option value="">{empty}</option>}
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    </Labelled>
  );
}

interface LinesProps extends Common {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly maxLength: number;
}

export function LinesField(props: LinesProps) {
  const { value, onChange, maxLength } = props;
  return (
    <Labelled {...props}>
      {(field) => (
        <textarea
          {...field}
          className="input textarea"
          maxLength={maxLength}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Labelled>
  );
}

interface DayProps extends Common {
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** A day, by the browser's own calendar, told in Japanese years too. */
export function DayField({ value, onChange, ...rest }: DayProps) {
  return (
    <div className="stack">
      <TextField type="date" max="2199-12-31" value={value} onChange={onChange} {...rest} />
      {value !== '' && <p className="date-echo">{formatDate(value)}</p>}
    </div>
  );
}

interface TickProps {
  readonly label: ReactNode;
  readonly checked: boolean;
  readonly disabled?: boolean;
  readonly onChange: (checked: boolean) => void;
}

export function TickField({ label, checked, disabled = false, onChange }: TickProps) {
  return (
    <label className="choice">
      <input
        type="checkbox"
        checked={checked}
        disabled={disabled}
        onChange={(event) => onChange(event.target.checked)}
      />
      {label}
    </label>
  );
}

interface Described {
  readonly id: string;
  readonly 'aria-invalid': true | undefined;
  readonly 'aria-describedby': string | undefined;
  readonly required: boolean | undefined;
}

function Labelled({
  label,
  help,
  error,
  required,
  children,
}: Common & { readonly children: (field: Described) => ReactNode }) {
  const id = useId();
  const described = [help && `${id}-help`, error && `${id}-error`].filter(Boolean).join(' ');
  return (
    <div className="field">
      <label className="field-label" htmlFor={id}>
        {label}
        {required && <span className="required">必須</span>}
      </label>
      {help && (
        <p className="field-help" id={`${id}-help`}>
          {help}
        </p>
      )}
      {children({
        id,
        'aria-invalid': error === undefined ? undefined : true,
        'aria-describedby': described === '' ? undefined : described,
        required,
      })}
      {error && (
        <p className="field-error" id={`${id}-error`}>
          {error}
        </p>
      )}
    </div>
  );
}
