import { useState } from 'react';
import type { Choices } from '../../../form/choices';
import { describe } from '../../../form/describe';
import type { FormRecord, Schema } from '../../../types';
import { Button } from '../../../ui/button';
import './compare.css';
import { rowsOf, type Row } from './differences';

const WORDS: Readonly<Record<Row['change'], string>> = {
  same: '同じ',
  changed: '変わった',
  added: 'あとから加わった',
  removed: 'あとで消えた',
};

interface Side {
  readonly record: FormRecord;
  readonly form: Schema;
}

interface Props {
  readonly then: Side;
  readonly now: Side;
  readonly choices: Choices;
}

/** Two revisions side by side; what differs is said in words beside each field. */
export function Compare({ then, now, choices }: Props) {
  const [all, setAll] = useState(false);
  const rows = rowsOf(then.record.data, now.record.data, now.form);
  const different = rows.filter(({ change }) => change !== 'same');
  const shown = all ? rows : different;
  return (
    <section className="section" aria-labelledby="compared">
      <h2 id="compared" className="section-title">
        第{then.record.revision}版と、いまの第{now.record.revision}版
      </h2>
      <div className="actions no-print">
        <p role="status">
          {different.length === 0
            ? '違うところはありません。'
            : `違うところが${different.length}欄あります。`}
        </p>
        <Button onClick={() => setAll(!all)}>{all ? '違う欄だけを見る' : '同じ欄も見る'}</Button>
      </div>
      {shown.map(({ name, change }) => {
        const side = (title: string, { record, form }: Side) => (
          <div className="side">
            <p className="side-name">{title}</p>
            {describe(record.data[name], schemaOf(name, form), form, choices).map((line, at) => (
              <p key={at}>{line}</p>
            ))}
          </div>
        );
        return (
          <article key={name} className="difference" aria-labelledby={`compared-${name}`}>
            <h3 id={`compared-${name}`}>
              {schemaOf(name, now.form).title ?? schemaOf(name, then.form).title ?? name}
              <span className={`change change-${change}`}>{WORDS[change]}</span>
            </h3>
            <div className="sides">
              {side(`第${then.record.revision}版`, then)}
              {side(`いまの第${now.record.revision}版`, now)}
            </div>
          </article>
        );
      })}
    </section>
  );
}

function schemaOf(name: string, form: Schema): Schema {
  const property = form.properties?.[name];
  return typeof property === 'object' ? property : {};
}
