import { useState } from 'react';
import { describe } from '../../form/describe';
import { proposed, type Choice, type Difference } from '../../form/merge';
import type { Choices } from '../../form/choices';
import type { FormRecord, Schema } from '../../types';
import { Button } from '../../ui/button';
import { Dialog } from '../../ui/dialog';
import { formatMoment } from '../../wareki';

interface Props {
  readonly form: Schema;
  readonly choices: Choices;
  readonly theirs: FormRecord;
  readonly found: readonly Difference[];
  readonly onResolve: (picked: ReadonlyMap<string, Choice>) => void;
  readonly onBack: () => void;
}

const RANK = { both: 0, them: 1, me: 2 };
const WHO = {
  both: '両方が変えました。どちらにするか選んでください。',
  them: '相手だけが変えました。',
  me: '自分だけが変えました。',
};

/** Somebody saved in between: for every field that differs, whose words are kept. */
export function Conflict({ form, choices, theirs, found, onResolve, onBack }: Props) {
  const [picked, setPicked] = useState<ReadonlyMap<string, Choice>>(
    new Map(found.map((difference) => [difference.name, proposed(difference)])),
  );
  const all = (choice: Choice) => setPicked(new Map(found.map(({ name }) => [name, choice])));
  const sorted = [...found].sort((a, b) => RANK[a.changedBy] - RANK[b.changedBy]);
  const { displayName, agencyName } = theirs.updatedBy;

  return (
    <Dialog title="ほかの人が先に保存しました" onCancel={onBack} wide>
      <p>
        {displayName}（{agencyName}）が{formatMoment(theirs.updatedAt)}
        に保存しました。あなたの入力は消えていません。欄ごとに、残す内容を選んでください。
      </p>
      <div className="actions">
        <Button onClick={() => all('mine')}>すべて自分の入力にする</Button>
        <Button onClick={() => all('theirs')}>すべて相手の内容にする</Button>
      </div>
      {sorted.map((difference) => (
        <OneField
          key={difference.name}
          form={form}
          choices={choices}
          difference={difference}
          choice={picked.get(difference.name) ?? proposed(difference)}
          onChoose={(choice) => setPicked(new Map(picked).set(difference.name, choice))}
        />
      ))}
      <p>選ばなかった自分の入力は、保存したあとも画面に残り、欄に戻せます。</p>
      <div className="actions">
        <Button look="solid" onClick={() => onResolve(picked)}>
          この内容で保存する
        </Button>
        <Button onClick={onBack}>保存せずに編集に戻る</Button>
      </div>
    </Dialog>
  );
}

interface OneFieldProps {
  readonly form: Schema;
  readonly choices: Choices;
  readonly difference: Difference;
  readonly choice: Choice;
  readonly onChoose: (choice: Choice) => void;
}

function OneField({ form, choices, difference, choice, onChoose }: OneFieldProps) {
  const { name, base, mine, theirs, changedBy } = difference;
  const property = form.properties?.[name];
  const schema = typeof property === 'object' ? property : {};
  const lines = (value: unknown) =>
    describe(value, schema, form, choices).map((line, index) => <p key={index}>{line}</p>);
  const option = (mark: Choice, title: string, value: unknown) => (
    <label className={`side${choice === mark ? ' side-chosen' : ''}`}>
      <span className="choice">
        <input
          type="radio"
          name={`conflict-${name}`}
          checked={choice === mark}
          onChange={() => onChoose(mark)}
        />
        <span>{title}</span>
      </span>
      <span className="side-text">{lines(value)}</span>
    </label>
  );
  return (
    <fieldset className="difference">
      <legend className="fieldset-title">{schema.title ?? name}</legend>
      <p className="field-help">{WHO[changedBy]}</p>
      <div className="sides">
        {option('mine', '自分の入力', mine)}
        {option('theirs', '相手が保存した内容', theirs)}
        <div className="side side-base">
          <span className="side-name">もとの内容</span>
          <span className="side-text">{lines(base)}</span>
        </div>
      </div>
    </fieldset>
  );
}
