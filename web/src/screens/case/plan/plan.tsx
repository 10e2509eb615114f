import { useCallback, useState } from 'react';
import { currentVersion, getRecord, listAgencies, putRecord } from '../../../api';
import { Problem } from '../../../http';
import { beginPath, recordPath } from '../../../router';
import type { CaseResource, FormRecord, Me, RecordHead } from '../../../types';
import { useAttemptKey, useSingle } from '../../../ui/attempt';
import { Button } from '../../../ui/button';
import { Failure, Show, useLoad } from '../../../ui/load';
import { TableHead } from '../../../ui/table-head';
import { formatDate, formatMoment, todayInJapan } from '../../../wareki';
import { BesideSimilar } from '../similar/similar';
import { inOrder, rolesOf, standing, withDone, type Order, type Role } from './board';

const FORM = 'plan';
const COLUMNS = ['すること', '担当', '期間', '状態', '操作'];

interface Props {
  readonly resource: CaseResource;
  readonly me: Me;
}

/** The latest plan as a board of who does what until when; earlier plans are a link away. */
export default function Plan({ resource }: Props) {
  const [latest, ...earlier] = resource.records.filter(({ form }) => form === FORM);
  if (latest === undefined) {
    return (
      <BesideSimilar caseId={resource.caseId} form={FORM}>
        <p className="empty">表示できるプランはまだありません。</p>
        {resource.can.addForms.includes(FORM) && (
          <div className="actions">
            <a className="button button-solid" href={beginPath(resource.caseId, FORM)}>
              プランを書く
            </a>
          </div>
        )}
      </BesideSimilar>
    );
  }
  return (
    <>
      <Latest key={latest.recordId} caseId={resource.caseId} head={latest} />
      {earlier.length > 0 && (
        <section className="section" aria-labelledby="earlier-plans">
          <h2 id="earlier-plans" className="section-title">
            これまでのプラン
          </h2>
          <ul>
            {earlier.map(({ recordId, title, createdAt }) => (
              <li key={recordId}>
                <a href={recordPath(resource.caseId, recordId)}>
                  {title}（{formatMoment(createdAt)}）
                </a>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

interface LatestProps {
  readonly caseId: string;
  readonly head: RecordHead;
}

function Latest({ caseId, head }: LatestProps) {
  const { recordId } = head;
  const load = useCallback(async () => {
    const version = await currentVersion(FORM);
    const [record, agencies] = await Promise.all([
      getRecord(caseId, recordId, version),
      listAgencies(),
    ]);
    return { record, agencies: new Map(agencies.map((a) => [a.agencyId, a.name])) };
  }, [caseId, recordId]);
  const [loaded, retry] = useLoad(load);
  return (
    <Show loaded={loaded} retry={retry}>
      {({ record, agencies }) => (
        <Board
          key={record.revision}
          caseId={caseId}
          read={record}
          agencies={agencies}
          mayWrite={head.mayWrite}
          again={retry}
        />
      )}
    </Show>
  );
}

interface BoardProps {
  readonly caseId: string;
  readonly read: FormRecord;
  readonly agencies: ReadonlyMap<string, string>;
  readonly mayWrite: boolean;
  readonly again: () => void;
}

function Board({ caseId, read, agencies, mayWrite, again }: BoardProps) {
  const [record, setRecord] = useState(read);
  const [order, setOrder] = useState<Order>('date');
  const [failure, setFailure] = useState<unknown>(null);
  const [news, setNews] = useState('');
  const [busy, single] = useSingle();
  const keyOf = useAttemptKey();
  const today = todayInJapan(Date.now());
  const nameOf = (agencyId: string): string => agencies.get(agencyId) ?? agencyId;
  const roles = inOrder(rolesOf(record.data), order, nameOf);
  const overdue = roles.filter((role) => standing(role, today).kind === 'overdue').length;

  const mark = (role: Role, on: string | null) =>
    single(async () => {
      setFailure(null);
      setNews('');
      const { recordId, revision, formVersion } = record;
      const data = withDone(record.data, role.itemId, on);
      try {
        const key = keyOf([revision, data]);
        setRecord(await putRecord(caseId, recordId, revision, { formVersion, data }, key));
        setNews(`「${role.what}」を${on === null ? 'まだに戻しました' : '済みにしました'}。`);
      } catch (error) {
        setFailure(error);
      }
    });

  return (
    <section className="section" aria-labelledby="roles">
      <div className="record-head">
        <h2 id="roles" className="section-title">
          役割分担
        </h2>
        <a href={recordPath(caseId, record.recordId)}>プランの全体を開く</a>
      </div>
      {overdue > 0 && (
        <p>
          <strong>期限を過ぎた役割が{overdue}件あります。</strong>
        </p>
      )}
      <div className="field no-print">
        <label className="field-label" htmlFor="role-order">
          並べ方
        </label>
        <select
          id="role-order"
          className="input select input-short"
          value={order}
          onChange={(event) => setOrder(event.target.value as Order)}
        >
          <option value="date">期限の順</option>
          <option value="agency">担当する機関ごと</option>
        </select>
      </div>
      {failure !== null && (
        <Failure
          error={failure}
          {...(failure instanceof Problem && failure.status === 412 ? { retry: again } : {})}
        />
      )}
      <p role="status">{news}</p>
      {roles.length === 0 ? (
        <p className="empty">表示できる役割分担はありません。</p>
      ) : (
        <table className="table" role="table">
          <TableHead columns={mayWrite ? COLUMNS : COLUMNS.slice(0, -1)} />
          <tbody role="rowgroup">
            {roles.map((role, at) => (
              <tr key={role.itemId || at} role="row">
                <th role="rowheader" scope="row" data-title="すること">
                  <span>{role.what || '記入なし'}</span>
                </th>
                <td role="cell" data-title="担当">
                  <span>
                    {[nameOf(role.agencyId), role.person].filter((s) => s !== '').join('　') ||
                      '記入なし'}
                  </span>
                </td>
                <td role="cell" data-title="期間">
                  <span>
                    {period(role)}
                    {role.frequency !== '' && `（${role.frequency}）`}
                  </span>
                </td>
                <td role="cell" data-title="状態">
                  <Stands role={role} today={today} />
                </td>
                {mayWrite && (
                  <td role="cell" data-title="操作" className="no-print">
                    <Button
                      busy={busy}
                      aria-label={`「${role.what}」を${role.done === null ? '済みにする' : 'まだに戻す'}`}
                      onClick={() => void mark(role, role.done === null ? today : null)}
                    >
                      {role.done === null ? '済みにする' : 'まだに戻す'}
                    </Button>
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

const period = ({ from, due }: Role): string =>
  from === null && due === null
    ? '記入なし'
    : [from, due].map((day) => (day === null ? '' : formatDate(day))).join('～');

/** How a row stands, said in words. */
function Stands({ role, today }: { readonly role: Role; readonly today: string }) {
  const stands = standing(role, today);
  switch (stands.kind) {
    case 'done':
      return <span>済み（{formatDate(stands.on)}）</span>;
    case 'overdue':
      return <strong className="overdue">期限を{stands.days}日過ぎています</strong>;
    case 'due':
      return <span>{stands.days === 0 ? '今日が期限です' : `あと${stands.days}日`}</span>;
    case 'undated':
      return <span>期限の記入なし</span>;
  }
}
