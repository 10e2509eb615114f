import { lazy, Suspense, useCallback, useRef, useState } from 'react';
import { getCase } from '../../api';
import { casePath, historyPath, INTAKE, navigate, recordPath, type Route } from '../../router';
import type { CaseResource, Me } from '../../types';
import { ScreenHeading } from '../../ui/heading';
import { useLatest } from '../../ui/latest';
import { Loading, Show, useLoad } from '../../ui/load';
import { Audit } from './audit';
import { BreakGlass, EmergencyOffer } from './emergency/break-glass';
import { History } from './history';
import { Progress } from './progress';
import { readRecord, RecordPane, SAVED } from './record-pane';
import { BeginScreen, Records } from './records';
import { BesideSimilar } from './similar/similar';
import { Steps } from './steps';

const Sharing = lazy(() => import('./sharing/sharing'));
const Household = lazy(() => import('./household/household'));
const Plan = lazy(() => import('./plan/plan'));
const Files = lazy(() => import('./files/files'));
const Sealed = lazy(() => import('./sealed/sealed'));

type CaseRoute = Route & { readonly at: 'case' };
type Tab = CaseRoute['tab'];

interface Props {
  readonly me: Me;
  readonly route: CaseRoute;
  readonly justCreated: boolean;
}

interface TabEntry {
  readonly tab: Tab;
  readonly title: string;
  readonly shown: (resource: CaseResource) => boolean;
}

const always = () => true;
const has = (records: CaseResource['records'], form: string) =>
  records.some((record) => record.form === form);
/** Nothing of the intake form may be for this person. */
const seesIntake = ({ records }: CaseResource) =>
  records.some(({ recordId }) => recordId === INTAKE);
const TABS: readonly TabEntry[] = [
  { tab: 'intake', title: '相談受付・申込票', shown: seesIntake },
  { tab: 'steps', title: '進み具合', shown: always },
  { tab: 'household', title: '世帯', shown: ({ records }) => has(records, 'household') },
  { tab: 'progress', title: '支援の経過', shown: always },
  { tab: 'plan', title: 'プランと役割', shown: always },
  { tab: 'sharing', title: '同意・だれが見られるか', shown: always },
  { tab: 'records', title: 'すべての記録', shown: always },
  { tab: 'files', title: 'ファイル', shown: always },
  { tab: 'sealed', title: '秘匿区画', shown: ({ can }) => can.openSealed.length > 0 },
  { tab: 'history', title: 'これまでの版', shown: seesIntake },
  { tab: 'audit', title: 'だれが見て、変えたか', shown: ({ can }) => can.readAudit },
];

/** Screens that belong to the intake form, or where nobody writes. */
const BESIDE: ReadonlySet<Tab> = new Set<Tab>([
  'intake',
  'steps',
  'household',
  'plan',
  'history',
  'audit',
]);

export default function Case({ me, route, justCreated }: Props) {
  const { caseId } = route;
  const load = useCallback(() => getCase(caseId), [caseId]);
  const [loaded, retry] = useLoad(load);
  return (
    <>
      <ScreenHeading>ケース</ScreenHeading>
      <Show loaded={loaded} retry={retry}>
        {(content) => (
          <Opened
            me={me}
            route={route}
            justCreated={justCreated}
            content={content}
            reload={retry}
          />
        )}
      </Show>
      {loaded.state === 'failed' && (
        <BreakGlass caseId={caseId} me={me} error={loaded.error} onOpened={retry} />
      )}
    </>
  );
}

interface OpenedProps extends Props {
  readonly content: CaseResource;
  readonly reload: () => void;
}

function Opened({ me, route, justCreated, content, reload }: OpenedProps) {
  const { caseId, tab, recordId } = route;
  const [resource, setResource] = useState(content);
  const [saved, setSaved] = useState<string | null>(justCreated ? INTAKE : null);
  const news = { saved, onSaid: useCallback(() => setSaved(null), []) };
  // What is being typed there stays while one looks at what nobody writes in.
  const intakeOpen = useRef(false);
  intakeOpen.current =
    seesIntake(resource) && (tab === 'intake' || (intakeOpen.current && isOfIntake(route)));
  // After something was added, the table of contents and the state are no longer what they were.
  const refresh = async (record: string | null): Promise<void> => {
    setSaved(record);
    try {
      setResource(await getCase(caseId));
    } catch {
      reload();
    }
  };
  return (
    <>
      <dl className="case-head">
        <div>
          <dt>ケース番号</dt>
          <dd>{caseId}</dd>
        </div>
        {resource.stateLabel && (
          <div>
            <dt>状態</dt>
            <dd>{resource.stateLabel}</dd>
          </div>
        )}
      </dl>
      <nav className="tabs" aria-label="このケースの画面">
        {TABS.filter((one) => one.shown(resource)).map((one) => (
          <a
            key={one.tab}
            href={casePath(caseId, one.tab)}
            aria-current={isHere(one.tab, tab, recordId) ? 'page' : undefined}
          >
            {one.title}
          </a>
        ))}
      </nav>
      {intakeOpen.current && (
        <div className="tab-panel" hidden={tab !== 'intake'}>
          <OneRecord
            me={me}
            resource={resource}
            recordId={INTAKE}
            fixed={FIXED}
            staysOpen={isBeside}
            {...news}
          />
        </div>
      )}
      <div className="tab-panel">
        <Suspense fallback={<Loading />}>
          <Panel me={me} route={route} resource={resource} refresh={refresh} {...news} />
        </Suspense>
      </div>
    </>
  );
}

/** The agency that received the case stays: its membership rests on it. */
const FIXED = ['receivingAgencyId'];
const NONE: readonly string[] = [];
const never = () => false;

const isBeside = (next: Route, caseId: string): boolean =>
  next.at === 'case' && next.caseId === caseId && isOfIntake(next);

const isOfIntake = ({ tab, recordId }: CaseRoute): boolean =>
  recordId === undefined && BESIDE.has(tab);

/** The history of another record than the intake form belongs to the list of all records. */
const isHere = (one: Tab, tab: Tab, recordId: string | undefined): boolean =>
  recordId === undefined || tab === 'sharing' ? one === tab : one === 'records';

interface News {
  /** the record that was begun last, until that was said */
  readonly saved: string | null;
  readonly onSaid: () => void;
}

interface PanelProps extends News {
  readonly me: Me;
  readonly route: CaseRoute;
  readonly resource: CaseResource;
  readonly refresh: (saved: string | null) => Promise<void>;
}

function Panel({ me, route, resource, refresh, ...news }: PanelProps) {
  const { caseId, tab, recordId, begin, revision } = route;
  const nothing = <p className="empty">表示できる記録がありません</p>;
  switch (tab) {
    case 'intake':
      return seesIntake(resource) ? null : nothing;
    case 'steps':
      return <Steps resource={resource} onMoved={() => void refresh(null)} />;
    case 'household':
      return has(resource.records, 'household') ? (
        <Household resource={resource} me={me} />
      ) : (
        nothing
      );
    case 'plan':
      return <Plan resource={resource} me={me} />;
    case 'files':
      return <Files resource={resource} me={me} onAttached={() => refresh(null)} />;
    case 'sealed':
      return resource.can.openSealed.length > 0 ? <Sealed resource={resource} me={me} /> : nothing;
    case 'progress':
      return (
        <Progress
          resource={resource}
          me={me}
          writing={begin !== undefined && resource.can.addForms.includes(begin)}
          onSaved={() => refresh(null)}
        />
      );
    case 'sharing':
      return <Sharing me={me} resource={resource} route={route} refresh={() => refresh(null)} />;
    case 'audit':
      return resource.can.readAudit ? <Audit caseId={caseId} /> : nothing;
    case 'history':
      return (
        <OneHistory
          key={recordId}
          me={me}
          resource={resource}
          recordId={recordId ?? INTAKE}
          revision={revision}
        />
      );
    case 'records':
      if (begin !== undefined) {
        if (!resource.can.addForms.includes(begin)) return nothing;
        return (
          <BesideSimilar caseId={caseId} form={begin}>
            <BeginScreen
              key={begin}
              resource={resource}
              form={begin}
              me={me}
              onSaved={(made) => void refresh(made).then(() => navigate(recordPath(caseId, made)))}
            />
          </BesideSimilar>
        );
      }
      if (recordId === undefined) {
        return (
          <>
            <Records resource={resource} />
            <EmergencyOffer caseId={caseId} me={me} onOpened={() => void refresh(null)} />
          </>
        );
      }
      return (
        <OneRecord
          key={recordId}
          me={me}
          resource={resource}
          recordId={recordId}
          fixed={NONE}
          staysOpen={never}
          {...news}
        />
      );
  }
}

interface Which {
  readonly me: Me;
  readonly resource: CaseResource;
  readonly recordId: string;
}

/** Read when the screen is opened and not again because something else of the case was saved: what
 * is being typed would go. */
function useRecord({ me, resource, recordId }: Which) {
  const now = useLatest({ me, resource });
  return useLoad(
    useCallback(() => readRecord(now.current.resource, recordId, now.current.me), [now, recordId]),
  );
}

interface OneRecordProps extends Which, News {
  readonly fixed: readonly string[];
  readonly staysOpen: (next: Route, caseId: string) => boolean;
}

function OneRecord({ me, resource, recordId, saved, onSaid, fixed, staysOpen }: OneRecordProps) {
  const { caseId, records } = resource;
  const [loaded, retry] = useRecord({ me, resource, recordId });
  const stays = useCallback((next: Route) => staysOpen(next, caseId), [staysOpen, caseId]);
  return (
    <Show loaded={loaded} retry={retry}>
      {(read) => (
        <>
          {recordId !== INTAKE && (
            <div className="record-head">
              <h2>{read.form.title}</h2>
              <a className="no-print" href={historyPath(caseId, recordId)}>
                この記録のこれまでの版
              </a>
            </div>
          )}
          <BesideSimilar caseId={caseId} form={read.record.form}>
            <RecordPane
              resource={resource}
              content={read}
              me={me}
              mayWrite={records.some((head) => head.recordId === recordId && head.mayWrite)}
              news={saved === recordId ? SAVED : null}
              onSaid={onSaid}
              fixed={fixed}
              staysOpen={stays}
            />
          </BesideSimilar>
        </>
      )}
    </Show>
  );
}

function OneHistory(props: Which & { readonly revision: number | undefined }) {
  const [loaded, retry] = useRecord(props);
  return (
    <Show loaded={loaded} retry={retry}>
      {(read) => <History caseId={props.resource.caseId} read={read} revision={props.revision} />}
    </Show>
  );
}
