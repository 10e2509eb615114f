import { useCallback, useEffect, useState } from 'react';
import { listCases, listDrafts, offeredForms } from '../api';
import { DraftList } from '../drafts/list';
import { beginPath, bookPath, PROGRESS } from '../router';
import type { CaseSummary, DraftHead, Me } from '../types';
import { ScreenHeading } from '../ui/heading';
import { PagesEnd, usePages } from '../ui/pages';

/** Cases that are listed before anything is typed. */
const LATEST = 10;
const NO_DRAFTS: readonly DraftHead[] = [];

/** Where one goes to write: on with what was begun, about whom, or outside any case. */
export default function Write({ me }: { readonly me: Me }) {
  const [drafts, setDrafts] = useState(NO_DRAFTS);
  const [titles, setTitles] = useState<ReadonlyMap<string, string>>(new Map());
  const [typed, setTyped] = useState('');
  const load = useCallback(async (cursor: string | null) => {
    const [page, kept, forms] = await Promise.all([
      listCases(cursor),
      listDrafts(),
      offeredForms(),
    ]);
    setDrafts(kept.items);
    setTitles(new Map(forms.map(({ form, title }) => [form, title])));
    return page;
  }, []);
  const pages = usePages<CaseSummary>(load);
  const { items, known } = pages;
  const names = new Map(items.map(({ caseId, name }) => [caseId, name ?? '']));
  const books = me.can.writeBooks.filter((book) => titles.has(book));
  const found = items.filter((item) => holds(item, typed));
  // Whoever is looked for may stand further down: it is fetched until somebody is found.
  const { more, busy, error } = pages;
  useEffect(() => {
    if (typed !== '' && found.length === 0 && !busy && error === null) more?.();
  }, [typed, found.length, busy, error, more]);
  const listed = typed === '' ? found.slice(0, LATEST) : found;
  return (
    <>
      <ScreenHeading>記録する</ScreenHeading>
      {drafts.length > 0 && (
        <section className="section" aria-labelledby="write-drafts">
          <h2 id="write-drafts" className="section-title">
            書きかけの記録
          </h2>
          <DraftList drafts={drafts} titles={titles} names={names} />
        </section>
      )}
      {me.can.createCase && (
        <section className="section" aria-labelledby="write-new">
          <h2 id="write-new" className="section-title">
            新しい相談を受けた
          </h2>
          <div className="actions">
            <a className="button button-solid" href="#/cases/new">
              新しい相談を記録する
            </a>
          </div>
        </section>
      )}
      <section className="section" aria-labelledby="write-progress">
        <h2 id="write-progress" className="section-title">
          支援の経過を書く
        </h2>
        <div className="field">
          <label className="label" htmlFor="write-whom">
            だれについて書きますか
          </label>
          <p className="field-help" id="write-whom-help">
            氏名、ふりがな、ケース番号の一部で絞り込めます。
          </p>
          <input
            id="write-whom"
            className="input"
            type="search"
            autoComplete="off"
            aria-describedby="write-whom-help"
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
        </div>
        {known && (
          <p role="status">
            {found.length === 0
              ? '表示できるケースがありません。'
              : listed.length < found.length
                ? `受付の新しい${LATEST}件です。ほかのケースは上の欄に入力して探してください。`
                : `${found.length}件のケースがあります。`}
          </p>
        )}
        <ul className="tasks" aria-label="経過を書くケース">
          {listed.map(({ caseId, name, nameKana, stateLabel }) => (
            <li key={caseId} className="task">
              <span>
                <a href={beginPath(caseId, PROGRESS)}>{name || caseId}</a>
                {nameKana && <span className="kana">（{nameKana}）</span>}
              </span>
              <span className="card-note">{[caseId, stateLabel].filter(Boolean).join('　')}</span>
            </li>
          ))}
        </ul>
        {(typed !== '' || !known) && <PagesEnd pages={pages} what="ケースを読み込んでいます" />}
      </section>
      {books.length > 0 && (
        <section className="section" aria-labelledby="write-books">
          <h2 id="write-books" className="section-title">
            ケースの外の記録
          </h2>
          <ul className="tasks">
            {books.map((book) => (
              <li key={book} className="task">
                <a href={bookPath(book, 'new')}>{titles.get(book)}を書く</a>
                <a className="card-note" href={bookPath(book)}>
                  一覧を見る
                </a>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

/** Whether a case holds what was typed, whatever the width of its letters. */
function holds({ caseId, name, nameKana }: CaseSummary, typed: string): boolean {
  const plain = (text: string) => text.normalize('NFKC').replace(/\s/g, '').toLowerCase();
  const wanted = plain(typed);
  return [caseId, name, nameKana].some((text) => text && plain(text).includes(wanted));
}
