import { useCallback, useState } from 'react';
import type { Narrowing } from '../../../api';
import type { Choice } from '../../../form/choices';
import type { CaseResource, Me, Schema } from '../../../types';
import { Button } from '../../../ui/button';
import { useLatest } from '../../../ui/latest';
import { Show, useLoad } from '../../../ui/load';
import { choicesOf } from '../choices-of';
import { Others } from './others';

/** What is looked up for the choices, as a form would ask for it. */
const ASKS: Schema = {
  properties: { person: { 'x-choices': 'persons' }, item: { 'x-choices': 'plan-items' } },
};

interface Props {
  readonly resource: CaseResource;
  readonly me: Me;
  readonly narrowing: Narrowing;
  readonly onNarrow: (narrowing: Narrowing) => void;
  readonly others: readonly CaseResource[];
  readonly onOthers: (others: readonly CaseResource[]) => void;
}

/** Narrows the course of support to an agency, a person, a row of the plan. */
export function TimelineFilter(props: Props) {
  const [asked, setAsked] = useState(false);
  return (
    <details
      className="section no-print"
      onToggle={({ currentTarget }) => currentTarget.open && setAsked(true)}
    >
      <summary className="section-title">
        <h2>絞り込む・並べる</h2>
      </summary>
      {asked && <Fields {...props} />}
      {asked && (
        <Others own={props.resource.caseId} others={props.others} onChange={props.onOthers} />
      )}
    </details>
  );
}

const agenciesOf = ({ members }: CaseResource): readonly Choice[] =>
  [...new Map(members.map(({ agencyId, agencyName }) => [agencyId, agencyName]))].map(
    ([value, label]) => ({ value, label }),
  );

type FieldsProps = Omit<Props, 'others' | 'onOthers'>;

function Fields({ resource, me, narrowing, onNarrow }: FieldsProps) {
  const now = useLatest({ resource, me });
  const load = useCallback(() => choicesOf(ASKS, now.current.resource, now.current.me), [now]);
  const [loaded, retry] = useLoad(load);
  const set = (name: keyof Narrowing) => (value: string) =>
    onNarrow({ ...narrowing, [name]: value });
  const fields = (persons: readonly Choice[], items: readonly Choice[]) => (
    <div className="narrowing">
      <Pick
        name="agency"
        label="書いた機関"
        options={agenciesOf(resource)}
        value={narrowing.agency}
        onPick={set('agency')}
      />
      <Pick
        name="person"
        label="だれについての記録か"
        options={persons}
        value={narrowing.person}
        onPick={set('person')}
      />
      <Pick
        name="item"
        label="プランの役割"
        options={items}
        value={narrowing.planItem}
        onPick={set('planItem')}
      />
      <div className="actions">
        <Button onClick={() => onNarrow({})}>絞り込みをやめる</Button>
      </div>
    </div>
  );
  return (
    <Show loaded={loaded} retry={retry}>
      {(choices) => fields(choices.persons ?? [], choices['plan-items'] ?? [])}
    </Show>
  );
}

interface PickProps {
  readonly name: string;
  readonly label: string;
  readonly options: readonly Choice[];
  readonly value: string | undefined;
  readonly onPick: (value: string) => void;
}

function Pick({ name, label, options, value, onPick }: PickProps) {
  const id = `narrow-${name}`;
  return (
    <div className="field">
      <label className="field-label" htmlFor={id}>
        {label}
      </label>
      <select
        id={id}
        className="input select"
        value={value ?? ''}
        onChange={(event) => onPick(event.target.value)}
      >
        <option value="">すべて</option>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </div>
  );
}
