import { useCallback, useEffect, useRef, useState } from 'react';
import {
  currentVersion,
  formSchema,
  getRecord,
  getRevision,
  offeredForm,
  putRecord,
} from '../../api';
import { applied } from '../../drafts/draft';
import { DraftOffer } from '../../drafts/offer';
import type { Choices } from '../../form/choices';
import type { Route } from '../../router';
import type { CaseResource, Data, Draft, FormRecord, Me, Schema } from '../../types';
import { useSingle } from '../../ui/attempt';
import { Button } from '../../ui/button';
import { Failure } from '../../ui/load';
import { Notice } from '../../ui/notice';
import { aboutText, takesAbout } from './about/about';
import { RecordPapers } from '../../papers/record-papers';
import { AsideNotice } from './aside-notice';
import { Byline } from './byline';
import { choicesOf } from './choices-of';
import { Editor, type SetAside } from './editor';
import { RecordView } from './record-view';
import { asksAgencies } from '../../form/shared-with';

/** What shows a record and lets somebody go on writing it. */
export interface Written {
  readonly record: FormRecord;
  readonly form: Schema;
  readonly choices: Choices;
}

/** A record with the version of the form that it was written under. */
export async function readRecord(
  resource: CaseResource,
  recordId: string,
  me: Me,
): Promise<Written> {
  const record = await getRecord(resource.caseId, recordId);
  const form = await formSchema(record.form, record.formVersion);
  return { record, form, choices: await choicesOf(form, resource, me) };
}

/** The same record under the current version of its form, as the town's staff are offered it. */
async function toWrite(resource: CaseResource, read: FormRecord, me: Me): Promise<Written> {
  const version = await currentVersion(read.form);
  const [record, offered] = await Promise.all([
    getRecord(resource.caseId, read.recordId, version),
    offeredForm(read.form),
  ]);
  const form = asksAgencies(withHeld(offered, record, await formSchema(read.form, version)));
  return {
    record,
    form,
    choices: await choicesOf(form, resource, me),
  };
}

/** Fields that the town does not use stay in a record that holds something in them. */
function withHeld(offered: Schema, record: FormRecord, full: Schema): Schema {
  const held = Object.keys(record.data).filter(
    (name) => offered.properties?.[name] === undefined && full.properties?.[name] !== undefined,
  );
  return held.length === 0 ? offered : full;
}

interface Props {
  readonly resource: CaseResource;
  readonly content: Written;
  readonly me: Me;
  readonly mayWrite: boolean;
  /** what has just happened to the record */
  readonly news: string | null;
  readonly onSaid: () => void;
  /** fields that may no longer be changed */
  readonly fixed: readonly string[];
  readonly staysOpen: (next: Route) => boolean;
}

export const SAVED = '保存しました';
const THEIRS = '相手が保存した内容のままにしました';

interface Writing extends Written {
  readonly start: Data;
  readonly draftId: string | null;
  readonly startAbout: readonly string[] | null;
}

/** One record: read, printed, and written on. */
export function RecordPane(props: Props) {
  const { resource, me, mayWrite, onSaid, fixed, staysOpen } = props;
  const { caseId } = resource;
  const [shown, setShown] = useState(props.content);
  const [writing, setWriting] = useState<Writing | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const [news, setNews] = useState(props.news);
  const [aside, setAside] = useState<readonly SetAside[]>([]);
  const [busy, single] = useSingle();
  const newsAt = useRef<HTMLDivElement>(null);
  const { record, form, choices } = shown;
  const about = takesAbout(form) ? aboutText(record.about, choices.persons ?? []) : '';
  useEffect(() => newsAt.current?.focus(), [news, record]);
  useEffect(onSaid, [onSaid]);

  const write = (back?: SetAside) =>
    single(async () => {
      setNews(null);
      setFailure(null);
      try {
        const current = await toWrite(resource, record, me);
        const start = back && { [back.name]: back.value };
        setWriting({
          ...current,
          start: { ...current.record.data, ...start },
          draftId: null,
          startAbout: null,
        });
      } catch (error) {
        setFailure(error);
      }
    });
  /** From what the record was when the draft was begun: what was saved since then comes up as a
   * conflict, field by field. */
  const resume = async (draft: Draft) => {
    const current = await toWrite(resource, record, me);
    const at = draft.baseRevision ?? current.record.revision;
    const base =
      at === current.record.revision
        ? current.record
        : { ...(await getRevision(caseId, record.recordId, at)), revision: at };
    setNews(null);
    setWriting({
      ...current,
      record: { ...base, formVersion: current.record.formVersion },
      start: applied(base.data, draft),
      draftId: draft.draftId,
      startAbout: draft.about,
    });
  };
  const show = useCallback((next: Written, what: string) => {
    setShown(next);
    setNews(what);
    setWriting(null);
    window.scrollTo({ top: 0 });
  }, []);

  if (writing !== null) {
    const { record: base, form: current } = writing;
    const version = base.formVersion;
    const fetchTheirs = () => getRecord(caseId, record.recordId, version);
    const done = (next: FormRecord, what: string) => show({ ...writing, record: next }, what);
    return (
      <Editor
        form={current}
        formVersion={version}
        choices={writing.choices}
        base={base}
        start={writing.start}
        place={{ caseId, form: record.form, recordId: record.recordId }}
        draftId={writing.draftId}
        startAbout={writing.startAbout}
        save={async (revision, content, key) => {
          const on = revision ?? base.revision;
          const next = await putRecord(caseId, record.recordId, on, content, key);
          return { revision: next.revision, done: () => done(next, SAVED) };
        }}
        fixed={fixed}
        fetchTheirs={fetchTheirs}
        onTheirs={(theirs) => done(theirs, THEIRS)}
        onSetAside={(items) => setAside((kept) => [...kept, ...items])}
        staysOpen={staysOpen}
        onCancel={() => setWriting(null)}
      />
    );
  }
  return (
    <>
      {news !== null && <Notice ref={newsAt} kind="success" title={news} />}
      <AsideNotice
        items={aside}
        form={form}
        choices={choices}
        onRestore={(item) => {
          setAside(aside.filter((other) => other !== item));
          void write(item);
        }}
        onForget={() => setAside([])}
      />
      {failure !== null && <Failure error={failure} />}
      {mayWrite && (
        <DraftOffer
          caseId={caseId}
          form={record.form}
          recordId={record.recordId}
          onContinue={resume}
        />
      )}
      <div className="record-head">
        <Byline revision={record.revision} at={record.updatedAt} by={record.updatedBy} />
        <div className="actions no-print">
          {mayWrite && (
            <Button look="solid" busy={busy} onClick={() => void write()}>
              編集する
            </Button>
          )}
          <RecordPapers caseId={caseId} record={record} />
        </div>
      </div>
      {about !== '' && <p>だれについての記録か：{about}</p>}
      <RecordView form={form} data={record.data} choices={choices} />
    </>
  );
}
