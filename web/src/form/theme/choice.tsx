import type { WidgetProps } from '@rjsf/utils';
import { Button } from '../../ui/button';
import { contextOf, described } from './context';

interface Option {
  readonly value: string;
  readonly label: string;
}

function optionsOf(props: WidgetProps): Option[] {
  return (props.options.enumOptions ?? []).map(({ value, label }) => ({
    value: String(value),
    label,
  }));
}

function Choose({ props, options }: { readonly props: WidgetProps; readonly options: Option[] }) {
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

export function Agency(props: WidgetProps) {
  const options = contextOf(props).agencies.map(({ agencyId, name }) => ({
    value: agencyId,
    label: name,
  }));
  return <Choose props={props} options={options} />;
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

/** The new list in the order of the code list, so that ticking in another order is no change. */
function toggled(options: readonly Option[], chosen: readonly string[], code: string): string[] {
  return options
    .map((option) => option.value)
    .filter((value) => (value === code) !== chosen.includes(value));
}

const asList = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

export function Codes(props: WidgetProps) {
  const options = optionsOf(props);
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
