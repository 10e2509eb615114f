import { useCallback, useState } from 'react';
import { currentVersion, formSchema, getRecord, listStaff, offeredForm } from '../../api';
import { OnePaper } from '../../papers/one-paper';
import { managePath, navigate, readCaseId } from '../../router';
import type { Choices } from '../../form/choices';
import type { Me, Schema } from '../../types';
import { useAttemptKey } from '../../ui/attempt';
import { Button } from '../../ui/button';
import { SelectField } from '../../ui/entry';
import { TextField } from '../../ui/field';
import { ScreenHeading } from '../../ui/heading';
import { Show, useLoad } from '../../ui/load';
import { Notice } from '../../ui/notice';
import { Refused, useSubmit } from '../../ui/submit';
import { Table } from '../../ui/table';
import { formatDate, formatMoment } from '../../wareki';
import { Editor } from '../case/editor';
import { RecordView } from '../case/record-view';
import {
  addRequest,
  disclosureState,
  findPersons,
  openForRequest,
  putRequest,
  readExtract,
  readLetter,
  readProposal,
  readRequest,
  REQUESTS,
  type BookEntry,
  type DisclosureState,
  type Letter,
} from './api';

interface Loaded {
  readonly entry: BookEntry | null;
  readonly form: Schema;
  readonly version: string;
  readonly choices: Choices;
}

const NEW = 'new';
const never = () => false;
const NONE: readonly string[] = [];

async function loadRequest(me: Me, entryId: string): Promise<Loaded> {
  const entry = entryId === NEW ? null : await readRequest(entryId);
  const version = entry?.formVersion ?? (await currentVersion(REQUESTS));
  const form = entry === null ? await offeredForm(REQUESTS) : await formSchema(REQUESTS, version);
  const staff = me.can.manageStaff
    ? (await listStaff()).items
        .filter(({ role }) => role === 'manager' || role === 'officer')
        .map(({ staffId, displayName }) => ({ value: staffId, label: displayName }))
    : [{ value: me.staffId, label: `${me.displayName}（自分）` }];
  return { entry, form, version, choices: { staff } };
}

/** One request: what was asked, by when, in which cases, and how it was decided. */
export default function DisclosureRequest({
  me,
  entryId,
}: {
  readonly me: Me;
  readonly entryId: string;
}) {
  const { staffId } = me;
  // Who signs in again is the same person in a new object.
  const load = useCallback(() => loadRequest(me, entryId), [staffId, entryId]);
  const [loaded, reload] = useLoad(load);
  const [writing, setWriting] = useState(entryId === NEW);
  const [news, setNews] = useState(false);
  return (
    <>
      <ScreenHeading>{entryId === NEW ? '請求を受け付ける' : '開示請求の記録'}</ScreenHeading>
      {news && <Notice kind="success" title="保存しました" />}
      <Show loaded={loaded} retry={reload}>
        {({ entry, form, version, choices }) =>
          writing ? (
            <Editor
              form={form}
              formVersion={version}
              choices={choices}
              base={{ data: entry?.data ?? {}, revision: entry?.revision ?? null }}
              fixed={NONE}
              save={async (revision, written, key) => {
                const saved =
                  entry === null || revision === null
                    ? await addRequest(written, key)
                    : await putRequest(entry.entryId, revision, written, key);
                return {
                  revision: saved.revision,
                  done: () => {
                    if (entry === null) {
                      navigate(managePath('disclosure', saved.entryId));
                      return;
                    }
                    setWriting(false);
                    setNews(true);
                    reload();
                  },
                };
              }}
              {...(entry === null ? {} : { fetchTheirs: () => readRequest(entry.entryId) })}
              onTheirs={() => {
                setWriting(false);
                reload();
              }}
              staysOpen={never}
              onCancel={() =>
                entry === null ? navigate(managePath('disclosure')) : setWriting(false)
              }
            />
          ) : (
            entry !== null && (
              <>
                <Progress me={me} entry={entry} />
                <section className="section" aria-labelledby="asked">
                  <h2 id="asked" className="section-title">
                    請求と決定の記録
                  </h2>
                  <div className="actions no-print">
                    <Button
                      look="solid"
                      onClick={() => {
                        setNews(false);
                        setWriting(true);
                      }}
                    >
                      編集する
                    </Button>
                  </div>
                  <RecordView form={form} data={entry.data} choices={choices} />
                </section>
              </>
            )
          )
        }
      </Show>
    </>
  );
}

function Progress({ me, entry }: { readonly me: Me; readonly entry: BookEntry }) {
  const { entryId, data } = entry;
  const load = useCallback(() => disclosureState(entryId), [entryId]);
  const [state, reload] = useLoad(load);
  return (
    <Show loaded={state} retry={reload}>
      {(told) => (
        <>
          <dl className="case-head">
            <div>
              <dt>決定の期限</dt>
              <dd>{formatDate(told.decideBy)}</dd>
            </div>
            {told.correctUntil !== null && (
              <div>
                <dt>訂正を請求できる日まで</dt>
                <dd>{formatDate(told.correctUntil)}</dd>
              </div>
            )}
          </dl>
          <Cases me={me} entryId={entryId} state={told} />
          <OpenCase entryId={entryId} name={String(data.name ?? '')} onOpened={reload} />
          {data.result !== undefined && <LetterText entryId={entryId} state={told} />}
        </>
      )}
    </Show>
  );
}

interface CasesProps {
  readonly me: Me;
  readonly entryId: string;
  readonly state: DisclosureState;
}

function Cases({ me, entryId, state }: CasesProps) {
  return (
    <section className="section" aria-labelledby="cases">
      <h2 id="cases" className="section-title">
        対象のケース
      </h2>
      {state.cases.length === 0 ? (
        <p className="empty">まだケースを開いていません。下で対象の人を探してください。</p>
      ) : (
        <Table
          label="対象のケース"
          columns={['ケース番号', '読める期限', '墨塗り', 'すること']}
          rows={state.cases.map(({ caseId, personId, until, open, decided, staffId }) => ({
            key: `${caseId} ${personId}`,
            cells: [
              caseId,
              open ? formatMoment(until) : '期限が過ぎました',
              decided ? '決めました' : 'まだ',
              open && staffId === me.staffId ? (
                <a key="go" href={managePath('disclosure', entryId, caseId)}>
                  墨塗りを決める
                </a>
              ) : (
                '担当する職員だけが読めます'
              ),
            ],
          }))}
        />
      )}
    </section>
  );
}

interface Found {
  readonly caseId: string;
  readonly personId: string;
  readonly label: string;
}

interface OpenProps {
  readonly entryId: string;
  readonly name: string;
  readonly onOpened: () => void;
}

function OpenCase({ entryId, name, onOpened }: OpenProps) {
  const [words, setWords] = useState(name);
  const [found, setFound] = useState<readonly Found[] | null>(null);
  const [chosen, setChosen] = useState('');
  const submit = useSubmit();
  const keyOf = useAttemptKey();

  const search = () =>
    submit.run(async () => {
      setChosen('');
      const caseId = readCaseId(words);
      setFound(
        caseId !== null && caseId.includes('-')
          ? await personsOf(caseId)
          : (await findPersons(words)).flatMap(({ personId, person, cases, reasons }) =>
              cases.map((one) => ({
                caseId: one,
                personId,
                label: `${person.name ?? '氏名の記入なし'}（${one}）${reasons
                  .map(({ text }) => text)
                  .join('、')}`,
              })),
            ),
      );
    });
  const open = () => {
    const one = found?.find(({ caseId, personId }) => `${caseId} ${personId}` === chosen);
    if (one === undefined) {
      submit.refuse(new Map([['/personId', '対象の人を選んでください。']]));
      return;
    }
    submit.run(async () => {
      await openForRequest(entryId, one.caseId, one.personId, keyOf([entryId, chosen]));
      setFound(null);
      onOpened();
    });
  };
  return (
    <section className="section" aria-labelledby="open">
      <h2 id="open" className="section-title">
        対象の人のケースを開く
      </h2>
      <p>
        氏名かケース番号で探します。開くと、担当する職員が決定の期限まで、その人の記録を読めます。同じ名前の別の人に気をつけてください。
      </p>
      <Refused submit={submit} />
      <form
        className="form-grid"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          search();
        }}
      >
        <TextField
          label="氏名またはケース番号"
          maxLength={100}
          autoComplete="off"
          value={words}
          onChange={setWords}
        />
        <Button type="submit" busy={submit.busy}>
          探す
        </Button>
      </form>
      {found !== null && found.length === 0 && <p role="status">表示できる記録がありません</p>}
      {found !== null && found.length > 0 && (
        <div className="form-grid">
          <SelectField
            label="対象の人"
            required
            empty="選んでください"
            value={chosen}
            error={submit.faults.get('/personId')}
            onChange={setChosen}
            options={found.map(({ caseId, personId, label }) => ({
              value: `${caseId} ${personId}`,
              label,
            }))}
          />
          <Button look="solid" busy={submit.busy} onClick={open}>
            この人のケースを開く
          </Button>
        </div>
      )}
    </section>
  );
}

async function personsOf(caseId: string): Promise<readonly Found[]> {
  const { data } = await getRecord(caseId, 'household');
  const persons = Array.isArray(data.persons) ? (data.persons as Record<string, unknown>[]) : [];
  return persons.map((person) => ({
    caseId,
    personId: String(person.personId),
    label: `${String(person.name ?? '氏名の記入なし')}${person.isSubject === true ? '（本人）' : ''}`,
  }));
}

function LetterText({
  entryId,
  state,
}: {
  readonly entryId: string;
  readonly state: DisclosureState;
}) {
  const [made, setMade] = useState<{ letter: Letter; grounds: readonly string[] } | null>(null);
  const submit = useSubmit();
  const make = () =>
    submit.run(async () => {
      const grounds = new Set<string>();
      for (const { caseId, open, decided } of state.cases) {
        if (!open || !decided) continue;
        await readExtract(entryId, caseId);
        const { passages } = await readProposal(entryId, caseId);
        for (const { masks } of passages) for (const { ground } of masks) grounds.add(ground);
      }
      const named = [...grounds].sort();
      setMade({ letter: await readLetter(entryId, named), grounds: named });
    });
  return (
    <section className="section" aria-labelledby="letter">
      <h2 id="letter" className="section-title">
        決定通知の文
      </h2>
      <Refused submit={submit} />
      {made === null ? (
        <Button busy={submit.busy} onClick={make}>
          決定通知の文を作る
        </Button>
      ) : (
        <div className="slip">
          {made.letter.sentences.map((sentence) => (
            <p key={sentence}>{sentence}</p>
          ))}
          <div className="actions no-print">
            <OnePaper
              paper="disclosure-letter"
              query={{
                request: entryId,
                ...(made.grounds.length === 0 ? {} : { grounds: made.grounds.join() }),
              }}
              label="決定通知書（PDF）"
            />
          </div>
        </div>
      )}
    </section>
  );
}
