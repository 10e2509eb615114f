import { useCallback, useState } from 'react';
import { currentVersion, formSchema, getSealed, putSealed } from '../../../api';
import { NO_CHOICES, type Choice } from '../../../form/choices';
import type { CaseResource, FormRecord, Me, Schema, SealedRecord } from '../../../types';
import { Button } from '../../../ui/button';
import { useLatest } from '../../../ui/latest';
import { Show, useLoad } from '../../../ui/load';
import { Notice } from '../../../ui/notice';
import { Byline } from '../byline';
import { choicesOf } from '../choices-of';
import { Editor } from '../editor';
import { SAVED } from '../record-pane';
import { RecordView } from '../record-view';

const FORM = 'sealed';
const PEOPLE: Schema = { 'x-choices': 'persons' };
const FIXED = ['personId'];
const never = () => false;

interface Props {
  readonly resource: CaseResource;
  readonly me: Me;
}

/**
 * The confidential compartment: for named holders, a person at a time, after a warning. Nothing of
 * it is printed, and it is gone from the page as soon as the screen is left.
 */
export default function Sealed({ resource, me }: Props) {
  const now = useLatest({ resource, me });
  const load = useCallback(async () => {
    const found = await choicesOf(PEOPLE, now.current.resource, now.current.me);
    return found.persons ?? [];
  }, [now]);
  const [loaded, retry] = useLoad(load);
  return (
    <>
      <p className="print-only">秘匿区画は印刷できません。</p>
      <div className="tab-panel no-print">
        <Show loaded={loaded} retry={retry}>
          {(people) => <Persons resource={resource} people={people} />}
        </Show>
      </div>
    </>
  );
}

interface PersonsProps {
  readonly resource: CaseResource;
  readonly people: readonly Choice[];
}

function Persons({ resource, people }: PersonsProps) {
  const [opened, setOpened] = useState<string | null>(null);
  const nameOf = (id: string): string =>
    people.find(({ value }) => value === id)?.label ?? '氏名の記入なし';
  if (opened !== null) {
    return (
      <Compartment
        caseId={resource.caseId}
        personId={opened}
        name={nameOf(opened)}
        people={people}
        onClose={() => setOpened(null)}
      />
    );
  }
  return (
    <>
      <Notice kind="warning" title="開く前に確かめてください">
        <p>
          支援措置などで秘匿する住所・勤務先・学校・相手方だけを置く場所です。漏れると、命にかかわります。
        </p>
        <ul className="summary">
          <li>まわりに画面を見る人がいないことを確かめてください。</li>
          <li>書き写さず、電話や会議の場で読み上げないでください。印刷はできません。</li>
          <li>開いたことは、開いた人の名前とともに残ります。</li>
        </ul>
      </Notice>
      <ul className="tasks" aria-label="秘匿区画のある人">
        {resource.can.openSealed.map((id) => (
          <li key={id} className="task">
            <Button onClick={() => setOpened(id)}>{nameOf(id)}の秘匿区画を開く</Button>
          </li>
        ))}
      </ul>
    </>
  );
}

interface CompartmentProps {
  readonly caseId: string;
  readonly personId: string;
  readonly name: string;
  readonly people: readonly Choice[];
  readonly onClose: () => void;
}

function Compartment({ caseId, personId, name, people, onClose }: CompartmentProps) {
  const load = useCallback(async () => {
    const [record, version] = await Promise.all([
      getSealed(caseId, personId),
      currentVersion(FORM),
    ]);
    return { record, version, form: await formSchema(FORM, version) };
  }, [caseId, personId]);
  const [loaded, retry] = useLoad(load);
  return (
    <>
      <div className="record-head">
        <h2>{name}の秘匿区画</h2>
        <div className="actions">
          <Button onClick={onClose}>秘匿区画を閉じる</Button>
        </div>
      </div>
      <Show loaded={loaded} retry={retry}>
        {(read) => <Open caseId={caseId} personId={personId} people={people} {...read} />}
      </Show>
    </>
  );
}

interface OpenProps extends Pick<CompartmentProps, 'caseId' | 'personId' | 'people'> {
  readonly record: SealedRecord;
  readonly version: string;
  readonly form: Schema;
}

function Open({ caseId, personId, people, record, version, form }: OpenProps) {
  const [shown, setShown] = useState(record);
  const [writing, setWriting] = useState(false);
  const [news, setNews] = useState(false);
  const choices = { ...NO_CHOICES, persons: people };
  const show = (next: SealedRecord) => {
    setShown(next);
    setNews(true);
    setWriting(false);
  };
  if (writing) {
    return (
      <Editor
        form={form}
        formVersion={version}
        choices={choices}
        base={shown}
        fixed={FIXED}
        save={async (revision, written, key) => {
          const next = await putSealed(caseId, personId, revision ?? 0, written, key);
          return { revision: next.revision, done: () => show(next) };
        }}
        fetchTheirs={async () => asRecord(await getSealed(caseId, personId))}
        onTheirs={(theirs) => show({ ...shown, ...theirs })}
        staysOpen={never}
        onCancel={() => setWriting(false)}
      />
    );
  }
  const { updatedAt, updatedBy } = shown;
  return (
    <>
      {news && <Notice kind="success" title={SAVED} />}
      <div className="record-head">
        {updatedAt !== null && updatedBy !== null ? (
          <Byline revision={shown.revision} at={updatedAt} by={updatedBy} />
        ) : (
          <p className="empty">まだ何も書かれていません。</p>
        )}
        <div className="actions">
          <Button look="solid" onClick={() => setWriting(true)}>
            {shown.revision === 0 ? '秘匿区画に書く' : '編集する'}
          </Button>
        </div>
      </div>
      <RecordView form={form} data={shown.data} choices={choices} />
    </>
  );
}

/** What the editor compares with one's own text after somebody else saved. */
const asRecord = (saved: SealedRecord): FormRecord => ({
  form: FORM,
  recordId: FORM,
  formVersion: saved.formVersion,
  revision: saved.revision,
  data: saved.data,
  about: {},
  createdAt: saved.updatedAt ?? '',
  updatedAt: saved.updatedAt ?? '',
  updatedBy: saved.updatedBy ?? { staffId: '', displayName: '', agencyName: '' },
});
