import type { WidgetProps } from '@rjsf/utils';
import { Button } from '../../ui/button';
import { offered, type Choice } from '../choices';
import type { Schema } from '../../types';
import { contextOf, described } from './context';
import { Line } from './text';

function optionsOf(props: WidgetProps): Choice[] {
  return (props.options.enumOptions ?? []).map(({ value, label }) => ({
    value: String(value),
    label,
  }));
}

interface ChooseProps {
  readonly props: WidgetProps;
  readonly options: readonly Choice[];
}

function Choose({ props, options }: ChooseProps) {
  const { id, value, onChange, required, disabled, schema, rawErrors } = props;
  const chosen = typeof value === 'string' ? value : '';
  const unknown = chosen !== '' && !options.some((option) => option.value === chosen);
  return (
    <select
      id={id}
      className="input select"
      value={chosen}
      disabled={disabled}
      aria-required={required || undefined}
      onChange={(event) => onChange(event.target.value === '' ? undefined : event.target.value)}
      {...described(id, schema.description, rawErrors)}
    >
      <option value="">選んでください</option>
      {unknown && <option value={chosen}>{chosen}</option>}
      {options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.label}
        </option>
      ))}
    </select>
  );
}

export function Select(props: WidgetProps) {
  return <Choose props={props} options={optionsOf(props)} />;
}

/** One of what there is; by hand where this screen does not know what there is. */
export function Offered(props: WidgetProps) {
  const options = offered(props.schema as Schema, contextOf(props).choices);
  return options === undefined ? <Line {...props} /> : <Choose props={props} options={options} />;
}

export function OfferedMany(props: WidgetProps) {
  const known = offered(props.schema as Schema, contextOf(props).choices) ?? [];
  // What was chosen and is offered no more stays until somebody takes it out.
  const gone = asList(props.value).filter((value) => !known.some((one) => one.value === value));
  const options = [...known, ...gone.map((value) => ({ value, label: value }))];
  if (options.length === 0) return <p className="empty">選べるものがまだありません。</p>;
  return <Boxes props={props} options={options} />;
}

export function Radio(props: WidgetProps) {
  const { id, value, onChange, required } = props;
  return (
    <div className="choices">
      {optionsOf(props).map((option) => (
        <label key={option.value} className="choice">
          <input
            type="radio"
            name={id}
            value={option.value}
            checked={value === option.value}
            onChange={() => onChange(option.value)}
          />
          <span>{option.label}</span>
        </label>
      ))}
      {!required && value !== undefined && (
        <Button look="text" onClick={() => onChange(undefined)}>
          選択を取り消す
        </Button>
      )}
    </div>
  );
}

/** A mark that is set or not there; a mark taken away leaves nothing behind. */
export function Tick({ id, value, onChange }: WidgetProps) {
  return (
    <div className="choices">
      <label className="choice">
        <input
          id={id}
          type="checkbox"
          checked={value === true}
          onChange={(event) => onChange(event.target.checked || undefined)}
        />
        <span>はい</span>
      </label>
    </div>
  );
}

/** The new list in the order of the code list, so that ticking in another order is no change. */
function toggled(options: readonly Choice[], chosen: readonly string[], code: string): string[] {
  return options
    .map((option) => option.value)
    .filter((value) => (value === code) !== chosen.includes(value));
}

const asList = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

export function Codes(props: WidgetProps) {
  return <Boxes props={props} options={optionsOf(props)} />;
}

function Boxes({ props, options }: ChooseProps) {
  const chosen = asList(props.value);
  return (
    <div className="choices">
      {options.map((option) => (
        <label key={option.value} className="choice">
          <input
            type="checkbox"
            checked={chosen.includes(option.value)}
            onChange={() => props.onChange(toggled(options, chosen, option.value))}
          />
          <span>{option.label}</span>
        </label>
      ))}
    </div>
  );
}

/** ○ for every concern that applies, and among these one ◎: the most pressing. */
export function Concerns(props: WidgetProps) {
  const { topConcern, setTopConcern } = contextOf(props);
  const options = optionsOf(props);
  const chosen = asList(props.value);
  return (
    <div className="concerns" id="root_topConcern">
      {options.map((option) => {
        const checked = chosen.includes(option.value);
        const top = topConcern === option.value;
        return (
          <div key={option.value} className="concern">
            <label className="choice">
              <input
                type="checkbox"
                checked={checked}
                onChange={() => props.onChange(toggled(options, chosen, option.value))}
              />
              <span>{option.label}</span>
            </label>
            {checked && (
              <button
                type="button"
                className="top-concern"
                aria-pressed={top}
                onClick={() => setTopConcern(top ? undefined : option.value)}
              >
                <span className="visually-hidden">「{option.label}」を</span>
                {top ? '◎ 一番' : '○ 一番にする'}
              </button>
            )}
          </div>
        );
      })}
    </div>
  );
}
