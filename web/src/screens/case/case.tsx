import { useCallback, useEffect, useRef, useState } from 'react';
import { getCase, getIntake, intakeSchema, listAgencies, putIntake } from '../../api';
import { casePath, type CaseTab, type Route } from '../../router';
import type { Agency, CaseResource, Data, FormRecord, Schema } from '../../types';
import { Button } from '../../ui/button';
import { ScreenHeading } from '../../ui/heading';
import { Show, useLoad } from '../../ui/load';
import { Notice } from '../../ui/notice';
import { Audit } from './audit';
import { Editor, type SetAside } from './editor';
import { History } from './history';
import { RecordView } from './record-view';
import { Byline } from './byline';
import { AsideNotice } from './aside-notice';

interface Props {
  readonly caseId: string;
  readonly tab: CaseTab;
  readonly revision: number | undefined;
  readonly justCreated: boolean;
}

interface Content {
  readonly resource: CaseResource;
  readonly record: FormRecord;
  readonly form: Schema;
  readonly agencies: readonly Agency[];
}

async function loadCase(caseId: string): Promise<Content> {
  const [resource, record, agencies] = await Promise.all([
    getCase(caseId),
    getIntake(caseId),
    listAgencies(),
  ]);
  return { resource, record, agencies, form: await intakeSchema(record.formVersion) };
}

const TABS: readonly { tab: CaseTab; title: string }[] = [
  { tab: 'intake', title: '相談受付・申込票' },
  { tab: 'history', title: 'これまでの版' },
  { tab: 'audit', title: 'だれが見て、変えたか' },
];

const tabsFor = ({ can }: CaseResource) =>
  TABS.filter(({ tab }) => tab !== 'audit' || can.readAudit);

export default function Case({ caseId, tab, revision, justCreated }: Props) {
  const load = useCallback(() => loadCase(caseId), [caseId]);
  const [loaded, retry] = useLoad(load);
  return (
    <>
      <ScreenHeading>ケース</ScreenHeading>
      <Show loaded={loaded} retry={retry}>
        {(content) => (
          <>
            <dl className="case-head">
              <div>
                <dt>ケース番号</dt>
                <dd>{caseId}</dd>
              </div>
              <div>
                <dt>状態</dt>
                <dd>{content.resource.stateLabel}</dd>
              </div>
            </dl>
            <nav className="tabs" aria-label="このケースの画面">
              {tabsFor(content.resource).map((one) => (
                <a
                  key={one.tab}
                  href={casePath(caseId, one.tab)}
                  aria-current={tab === one.tab ? 'page' : undefined}
                >
                  {one.title}
                </a>
              ))}
            </nav>
            <div className="tab-panel" hidden={tab !== 'intake'}>
              <Intake caseId={caseId} content={content} justCreated={justCreated} />
            </div>
            {tab === 'history' && (
              <div className="tab-panel">
                <History
                  caseId={caseId}
                  form={content.form}
                  agencies={content.agencies}
                  revision={revision}
                />
              </div>
            )}
            {tab === 'audit' &&
              (content.resource.can.readAudit ? (
                <Audit caseId={caseId} />
              ) : (
                <p className="empty">表示できる記録がありません</p>
              ))}
          </>
        )}
      </Show>
    </>
  );
}

interface IntakeProps {
  readonly caseId: string;
  readonly content: Content;
  readonly justCreated: boolean;
}

/** The agency that received the case stays: its membership rests on it. */
const FIXED = ['receivingAgencyId'];
const SAVED = '保存しました';
const THEIRS = '相手が保存した内容のままにしました';

type Mode = { readonly is: 'reading' } | { readonly is: 'writing'; readonly start: Data };

function Intake({ caseId, content, justCreated }: IntakeProps) {
  const { form, agencies, resource } = content;
  const [record, setRecord] = useState(content.record);
  const [mode, setMode] = useState<Mode>({ is: 'reading' });
  const [news, setNews] = useState(justCreated ? SAVED : null);
  const [aside, setAside] = useState<readonly SetAside[]>([]);
  const newsAt = useRef<HTMLDivElement>(null);
  useEffect(() => newsAt.current?.focus(), [news, record]);
  const staysOpen = useCallback(
    (next: Route) => next.at === 'case' && next.caseId === caseId,
    [caseId],
  );
  const write = (start: Data) => {
    setNews(null);
    setMode({ is: 'writing', start });
  };
  const show = (next: FormRecord, what: string) => {
    setRecord(next);
    setNews(what);
    setMode({ is: 'reading' });
    window.scrollTo({ top: 0 });
  };

  if (mode.is === 'writing') {
    return (
      <Editor
        form={form}
        formVersion={record.formVersion}
        agencies={agencies}
        base={record}
        start={mode.start}
        save={async (revision, written, key) => {
          const next = await putIntake(caseId, revision ?? record.revision, written, key);
          return { revision: next.revision, done: () => show(next, SAVED) };
        }}
        fixed={FIXED}
        fetchTheirs={() => getIntake(caseId)}
        onTheirs={(theirs) => show(theirs, THEIRS)}
        onSetAside={(items) => setAside((kept) => [...kept, ...items])}
        staysOpen={staysOpen}
        onCancel={() => setMode({ is: 'reading' })}
      />
    );
  }
  return (
    <>
      {news !== null && <Notice ref={newsAt} kind="success" title={news} />}
      <AsideNotice
        items={aside}
        form={form}
        agencies={agencies}
        onRestore={(item) => {
          setAside(aside.filter((other) => other !== item));
          write({ ...record.data, [item.name]: item.value });
        }}
        onForget={() => setAside([])}
      />
      <div className="record-head">
        <Byline revision={record.revision} at={record.updatedAt} by={record.updatedBy} />
        <div className="actions no-print">
          {resource.can.writeForm && (
            <Button look="solid" onClick={() => write(record.data)}>
              編集する
            </Button>
          )}
          <Button onClick={() => window.print()}>印刷する</Button>
        </div>
      </div>
      <RecordView form={form} data={record.data} agencies={agencies} />
    </>
  );
}
