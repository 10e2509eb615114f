import { useCallback, useState } from 'react';
import { findCases } from '../api';
import { recordPath, casePath } from '../router';
import type { Asked, Conditions, FoundCase, Snippet } from '../types';
import { Button } from '../ui/button';
import { PagesEnd, usePages } from '../ui/pages';
import { formatMoment } from '../wareki';
import { Filters } from './filters';

const LONGEST = 200;

interface FormProps {
  readonly onAsk: (asked: Asked | null) => void;
  readonly asked: Asked | null;
}

const NOTHING: Conditions = {};

/** Words to look for, and conditions; what was typed goes into no address. */
export function SearchForm({ onAsk, asked }: FormProps) {
  const [words, setWords] = useState('');
  const [conditions, setConditions] = useState(NOTHING);
  const [wrong, setWrong] = useState(false);
  const ask = (by: Conditions) => {
    const q = words.trim();
    const next = { ...by, ...(q === '' ? {} : { q }) };
    onAsk(Object.keys(next).length === 0 ? null : next);
  };
  return (
    <form
      className="search"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        const { from, to } = conditions;
        const backwards = from !== undefined && to !== undefined && from > to;
        setWrong(backwards);
        if (!backwards) ask(conditions);
      }}
    >
      <label className="label" htmlFor="search-words">
        言葉で探す
      </label>
      <p className="field-help" id="search-help">
        二文字からの言葉で探せます。空白で区切ると、すべてを含むケースを探します。
      </p>
      <div className="actions">
        <input
          id="search-words"
          className="input"
          type="search"
          autoComplete="off"
          maxLength={LONGEST}
          aria-describedby="search-help"
          value={words}
          onChange={(event) => setWords(event.target.value)}
        />
        <Button type="submit" look="solid">
          探す
        </Button>
        {asked !== null && (
          <Button
            onClick={() => {
              setWords('');
              setConditions(NOTHING);
              onAsk(null);
            }}
          >
            一覧に戻る
          </Button>
        )}
      </div>
      <Filters
        conditions={conditions}
        wrong={wrong}
        onChange={setConditions}
        onChoose={(chosen) => {
          setConditions(chosen);
          ask(chosen);
        }}
      />
    </form>
  );
}

/** Cases that are so and hold the words in something this person may see, newest first. */
export function Found({ asked }: { readonly asked: Asked }) {
  const [count, setCount] = useState<string | null>(null);
  const load = useCallback(
    async (cursor: string | null) => {
      const page = await findCases(asked, cursor);
      setCount(`${page.total}件${page.totalIsLeast ? '以上' : ''}`);
      return page;
    },
    [asked],
  );
  const pages = usePages<FoundCase>(load);
  const { items, known } = pages;
  return (
    <>
      {known && (
        <p role="status">
          {items.length === 0 ? '表示できる記録がありません' : `${count ?? ''}見つかりました。`}
        </p>
      )}
      <ol className="timeline" aria-label="見つかったケース">
        {items.map((item) => (
          <li key={item.caseId} className="card">
            <h2 className="card-title">
              <a href={casePath(item.caseId)}>{item.name || '氏名の記入なし'}</a>
              <span className="card-note">
                {[item.caseId, item.stateLabel].filter((text) => text).join('　')}
              </span>
            </h2>
            {item.records.map((record) => (
              <div key={record.recordId} className="entry-text">
                <p>
                  <a href={recordPath(item.caseId, record.recordId)}>{record.title}</a>
                  <span className="card-note">{formatMoment(record.savedAt)}</span>
                </p>
                {record.snippets.map((snippet, at) => (
                  <p key={at}>
                    {snippet.title}：<Marked snippet={snippet} />
                  </p>
                ))}
              </div>
            ))}
          </li>
        ))}
      </ol>
      <PagesEnd pages={pages} what="探しています" />
    </>
  );
}

/** The text with the words that were found marked; places count code points. */
function Marked({ snippet }: { readonly snippet: Snippet }) {
  const text = [...snippet.text];
  const parts: React.ReactNode[] = [];
  let at = 0;
  for (const { start, end } of snippet.marks) {
    parts.push(text.slice(at, start).join(''));
    parts.push(<mark key={start}>{text.slice(start, end).join('')}</mark>);
    at = end;
  }
  parts.push(text.slice(at).join(''));
  return <>{parts}</>;
}
