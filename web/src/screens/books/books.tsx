import { useCallback, useState } from 'react';
import {
  addEntry,
  attachMemo,
  currentVersion,
  formSchema,
  getEntry,
  listBook,
  offeredForm,
  putEntry,
} from '../../api';
import { applied } from '../../drafts/draft';
import { DraftOffer } from '../../drafts/offer';
import type { Choices } from '../../form/choices';
import { describe } from '../../form/describe';
import { bookPath, navigate, readCaseId, recordPath, type Route } from '../../router';
import type { BookEntry, Data, Draft, Me, Schema } from '../../types';
import { useAttemptKey, useSingle } from '../../ui/attempt';
import { Button } from '../../ui/button';
import { ScreenHeading } from '../../ui/heading';
import { Failure, Show, useLoad } from '../../ui/load';
import { Notice } from '../../ui/notice';
import { PagesEnd, usePages } from '../../ui/pages';
import { todayInJapan } from '../../wareki';
import { Byline } from '../case/byline';
import { agencyChoices } from '../case/choices-of';
import { Editor } from '../case/editor';
import { RecordView } from '../case/record-view';

const MEMOS = 'phone-memo';
/** Said by attaching the memo, not by hand. */
const ATTACHED = 'attachedCaseId';
const NONE: readonly string[] = [];
const never = () => false;

interface Props {
  readonly me: Me;
  readonly route: Route & { readonly at: 'books' };
}

interface Offered {
  readonly version: string;
  readonly form: Schema;
  readonly choices: Choices;
}

async function offered(book: string): Promise<Offered> {
  const [version, form, agencies] = await Promise.all([
    currentVersion(book),
    offeredForm(book),
    agencyChoices(),
  ]);
  return { version, form, choices: { agencies } };
}

/** Records outside cases: telephone memos, advice, social resources, figures entered by hand. */
export default function Books({ me, route }: Props) {
  const { book, entryId, begin } = route;
  const load = useCallback(() => offered(book), [book]);
  const [loaded, retry] = useLoad(load);
  const mayWrite = me.can.writeBooks.includes(book);
  return (
    <Show loaded={loaded} retry={retry}>
      {(content) => (
        <>
          <ScreenHeading>{content.form.title ?? ''}</ScreenHeading>
          {begin ? (
            mayWrite ? (
              <NewEntry me={me} book={book} {...content} />
            ) : (
              <p className="empty">表示できる記録がありません</p>
            )
          ) : entryId === undefined ? (
            <List book={book} mayWrite={mayWrite} {...content} />
          ) : (
            <Entry key={entryId} book={book} entryId={entryId} mayWrite={mayWrite} {...content} />
          )}
        </>
      )}
    </Show>
  );
}

interface ListProps extends Offered {
  readonly book: string;
  readonly mayWrite: boolean;
}

function List({ book, mayWrite, form, choices }: ListProps) {
  const load = useCallback((cursor: string | null) => listBook(book, cursor), [book]);
  const pages = usePages<BookEntry>(load);
  const { items, known } = pages;
  return (
    <>
      {mayWrite && (
        <div className="actions">
          <a className="button button-solid" href={bookPath(book, 'new')}>
            新しく書く
          </a>
        </div>
      )}
      {known && items.length === 0 && <p className="empty">表示できる記録がありません</p>}
      <ol className="timeline" aria-label={`${form.title ?? ''}（新しい順）`}>
        {items.map((item) => {
          const [first = '', ...others] = summary(item.data, form, choices);
          return (
            <li key={item.entryId} className="card">
              <p className="byline">
                <a href={bookPath(book, item.entryId)}>{first}</a>
                <span>
                  {item.updatedBy.displayName}（{item.updatedBy.agencyName}）
                </span>
              </p>
              <div className="entry-text">
                {others.map((line, at) => (
                  <p key={at}>{line}</p>
                ))}
              </div>
            </li>
          );
        })}
      </ol>
      <PagesEnd pages={pages} />
    </>
  );
}

const SUMMARY = 4;

/** The first fields that hold something, in the form's order. */
function summary(data: Data, form: Schema, choices: Choices): readonly string[] {
  return (form['x-sections'] ?? [])
    .flatMap((section) => section.properties)
    .filter((name) => data[name] !== undefined)
    .slice(0, SUMMARY)
    .map((name) => {
      const property = form.properties?.[name];
      return typeof property === 'object'
        ? describe(data[name], property, form, choices).join(' ')
        : '';
    });
}

/** What is known without asking. */
function known(form: Schema, me: Me): Data {
  return {
    ...(form.properties?.date ? { date: todayInJapan(Date.now()) } : {}),
    ...(form.properties?.takenBy ? { takenBy: me.displayName } : {}),
  };
}

function NewEntry({ me, book, version, form, choices }: Offered & { me: Me; book: string }) {
  const [draft, setDraft] = useState<Draft | null>(null);
  const [opening] = useState(() => known(form, me));
  const place = { caseId: null, form: book, recordId: null };
  return (
    <>
      <DraftOffer {...place} onContinue={setDraft} />
      <Editor
        key={draft?.draftId}
        form={withoutAttached(form)}
        formVersion={version}
        choices={choices}
        base={{ data: opening, revision: null }}
        start={draft === null ? opening : applied(opening, draft)}
        fixed={NONE}
        place={place}
        draftId={draft?.draftId ?? null}
        save={async (_, written, key) => {
          const { entryId, revision } = await addEntry(book, written, key);
          return { revision, done: () => navigate(bookPath(book, entryId)) };
        }}
        staysOpen={never}
        onCancel={() => navigate(bookPath(book))}
      />
    </>
  );
}

function withoutAttached(form: Schema): Schema {
  const { [ATTACHED]: _, ...properties } = form.properties ?? {};
  const sections = (form['x-sections'] ?? []).map((section) => ({
    ...section,
    properties: section.properties.filter((name) => name !== ATTACHED),
  }));
  return { ...form, properties, 'x-sections': sections };
}

interface EntryProps extends ListProps {
  readonly entryId: string;
}

function Entry({ book, entryId, mayWrite, version, form, choices }: EntryProps) {
  const load = useCallback(async () => {
    const entry = await getEntry(book, entryId);
    return { entry, written: await formSchema(book, entry.formVersion) };
  }, [book, entryId]);
  const [loaded, retry] = useLoad(load);
  const [writing, setWriting] = useState<Data | null>(null);
  const [draft, setDraft] = useState<Draft | null>(null);
  const [news, setNews] = useState<string | null>(null);
  const place = { caseId: null, form: book, recordId: entryId };
  return (
    <Show loaded={loaded} retry={retry}>
      {({ entry, written }) =>
        writing !== null ? (
          <Editor
            form={form}
            formVersion={version}
            choices={choices}
            base={entry}
            start={writing}
            fixed={[ATTACHED]}
            place={place}
            draftId={draft?.draftId ?? null}
            save={async (revision, content, key) => {
              const saved = await putEntry(book, entryId, revision ?? entry.revision, content, key);
              return {
                revision: saved.revision,
                done: () => {
                  setWriting(null);
                  setNews('保存しました');
                  retry();
                },
              };
            }}
            fetchTheirs={async () => ({
              ...(await getEntry(book, entryId)),
              recordId: entryId,
              about: {},
            })}
            onTheirs={() => {
              setWriting(null);
              retry();
            }}
            staysOpen={never}
            onCancel={() => setWriting(null)}
          />
        ) : (
          <>
            {news !== null && <Notice kind="success" title={news} />}
            {mayWrite && (
              <DraftOffer
                {...place}
                onContinue={(found) => {
                  setDraft(found);
                  setWriting(applied(entry.data, found));
                }}
              />
            )}
            <div className="record-head">
              <Byline revision={entry.revision} at={entry.updatedAt} by={entry.updatedBy} />
              {mayWrite && (
                <div className="actions no-print">
                  <Button
                    look="solid"
                    onClick={() => {
                      setNews(null);
                      setWriting(entry.data);
                    }}
                  >
                    編集する
                  </Button>
                </div>
              )}
            </div>
            <RecordView form={written} data={entry.data} choices={choices} />
            {book === MEMOS && mayWrite && entry.data[ATTACHED] === undefined && (
              <Attach entryId={entryId} />
            )}
            <p>
              <a href={bookPath(book)}>{form.title}の一覧に戻る</a>
            </p>
          </>
        )
      }
    </Show>
  );
}

/** A memo becomes a record of progress of a case. */
function Attach({ entryId }: { readonly entryId: string }) {
  const [typed, setTyped] = useState('');
  const [failure, setFailure] = useState<unknown>(null);
  const [wrong, setWrong] = useState(false);
  const [busy, single] = useSingle();
  const keyOf = useAttemptKey();
  const attach = () =>
    single(async () => {
      const caseId = readCaseId(typed);
      setFailure(null);
      setWrong(caseId === null);
      if (caseId === null) return;
      try {
        const made = await attachMemo(entryId, caseId, keyOf(caseId));
        navigate(recordPath(made.caseId, made.recordId));
      } catch (error) {
        setFailure(error);
      }
    });
  return (
    <section className="section" aria-labelledby="attach">
      <h2 id="attach" className="section-title">
        ケースの経過にする
      </h2>
      <form
        className="field"
        onSubmit={(event) => {
          event.preventDefault();
          void attach();
        }}
      >
        <label className="label" htmlFor="attach-case">
          ケース番号
        </label>
        <p className="field-help" id="attach-help">
          このメモが、そのケースの支援の経過になります。
        </p>
        <input
          id="attach-case"
          className="input"
          autoComplete="off"
          aria-describedby="attach-help attach-error"
          aria-invalid={wrong}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
        <div id="attach-error">
          {wrong && (
            <p className="field-error" role="alert">
              ケース番号を入力してください（例：122041-2026-ABC123-4）。
            </p>
          )}
        </div>
        {failure !== null && <Failure error={failure} />}
        <div className="actions">
          <Button type="submit" busy={busy}>
            経過に入れる
          </Button>
        </div>
      </form>
    </section>
  );
}
