import type { Choice } from '../../../form/choices';
import type { FormRecord } from '../../../types';
import './about.css';

export { takesAbout } from './takes-about';

/** The persons that a record names: as it was saved, else the preset; none: the whole household. */
export function namedAbout(
  saved: FormRecord['about'] | undefined,
  people: readonly Choice[],
): readonly string[] {
  if (saved !== undefined) return saved[''] ?? [];
  return people.filter(({ preset }) => preset).map(({ value }) => value);
}

interface Props {
  readonly people: readonly Choice[];
  /** in the order of `people`; none: the whole household */
  readonly value: readonly string[];
  readonly onChange: (value: readonly string[]) => void;
}

/** A row of chips: whom the text is about. Each is a tick box: Tab and the space bar do it. */
export function About({ people, value, onChange }: Props) {
  const chip = (label: string, checked: boolean, change: (on: boolean) => void) => (
    <label key={label} className="chip">
      <input type="checkbox" checked={checked} onChange={(event) => change(event.target.checked)} />
      <span>{label}</span>
    </label>
  );
  // Somebody named whom this person is not shown stays named.
  const hidden = value.filter((id) => !people.some((one) => one.value === id));
  const toggled = (id: string, on: boolean): readonly string[] => [
    ...people.map((one) => one.value).filter((one) => (one === id ? on : value.includes(one))),
    ...hidden,
  ];
  return (
    <fieldset className="about">
      <legend className="field-label">だれについての記録か</legend>
      <p className="field-help" id="about-help">
        選んだ人みんなを見てよい人にだけ見えます。だれも選ばないと、世帯全体についての記録になります。
      </p>
      <div className="chips">
        {people.map(({ value: id, label }) =>
          chip(label, value.includes(id), (on) => onChange(toggled(id, on))),
        )}
        {chip('世帯全体', value.length === 0, (on) =>
          onChange(on ? [] : people.filter((p) => p.preset).map((p) => p.value)),
        )}
      </div>
    </fieldset>
  );
}

/** Whom a record is about, in words; nothing where that goes without saying. */
export function aboutText(about: FormRecord['about'], people: readonly Choice[]): string {
  if (people.length < 2) return '';
  const named = about[''] ?? [];
  if (named.length === 0) return '世帯全体';
  return named.flatMap((id) => people.find(({ value }) => value === id)?.label ?? []).join('、');
}
