import { useCallback, useEffect, useState } from 'react';
import { codeLabels, listCases } from '../api';
import { casePath } from '../router';
import type { Asked, CaseSummary, Me } from '../types';
import { Button } from '../ui/button';
import { ScreenHeading } from '../ui/heading';
import { Failure, Loading } from '../ui/load';
import { usePages } from '../ui/pages';
import { formatDate, formatMoment } from '../wareki';
import { CaseNumber } from './case-number';
import { Found, SearchForm } from './search';
import { TableHead } from '../ui/table-head';

interface Labels {
  readonly concern: ReadonlyMap<string, string>;
  readonly urgency: ReadonlyMap<string, string>;
}

const COLUMNS = [
  '氏名（ふりがな）',
  '状態',
  '主な困りごと',
  '緊急性',
  '主担当',
  '次の予定',
  '受付日',
];

export function Cases({ me }: { readonly me: Me }) {
  if (me.can.listCases) return <CaseList me={me} />;
  return (
    <>
      <ScreenHeading>ケース一覧</ScreenHeading>
      {me.role === 'auditor' ? <CaseNumber /> : <p className="empty">表示できる記録がありません</p>}
    </>
  );
}

function CaseList({ me }: { readonly me: Me }) {
  const [labels, setLabels] = useState<Labels | null>(null);
  const [unnamed, setUnnamed] = useState<unknown>(null);
  // The cases can be read and opened before the names of the codes are there.
  const name = useCallback(async () => {
    setUnnamed(null);
    try {
      const [concern, urgency] = await Promise.all([codeLabels('concern'), codeLabels('urgency')]);
      setLabels({ concern, urgency });
    } catch (error) {
      setUnnamed(error);
    }
  }, []);
  useEffect(() => void name(), [name]);
  const load = useCallback((from: string | null) => listCases(from, true), []);
  const { items, known, error, busy, more, retry } = usePages(load);
  const [asked, setAsked] = useState<Asked | null>(null);

  const list = (
    <>
      {known && items.length > 0 && <CaseTable items={items} labels={labels} />}
      {known && items.length === 0 && more === null && <Empty me={me} />}
      {error !== null && <Failure error={error} retry={retry} />}
      {error === null && known && unnamed !== null && (
        <Failure error={unnamed} retry={() => void name()} />
      )}
      {!known && error === null && <Loading what="ケースを読み込んでいます" />}
      {known && (
        <p className="list-foot">
          <span role="status">{items.length}件を表示しています。</span>
          {more !== null && (
            <Button busy={busy} onClick={more}>
              さらに表示
            </Button>
          )}
        </p>
      )}
    </>
  );
  return (
    <>
      <div className="screen-head">
        <ScreenHeading>ケース一覧</ScreenHeading>
        {me.can.createCase && (
          <a className="button button-solid" href="#/cases/new">
            新しい相談
          </a>
        )}
      </div>
      <SearchForm asked={asked} onAsk={setAsked} />
      {asked === null ? list : <Found key={JSON.stringify(asked)} asked={asked} />}
    </>
  );
}

function Empty({ me }: { readonly me: Me }) {
  return (
    <div className="empty">
      <p>表示できるケースはまだありません。</p>
      <p>
        {me.can.createCase
          ? '相談を受けたら「新しい相談」から記録します。'
          : 'あなたの機関が関わるケースができると、ここに並びます。'}
      </p>
      {me.can.manageStaff && (
        <p>
          使い始めるときは、<a href="#/manage">管理の「はじめの一日」</a>から順に進めてください。
        </p>
      )}
    </div>
  );
}

function CaseTable(props: {
  readonly items: readonly CaseSummary[];
  readonly labels: Labels | null;
}) {
  const { items, labels } = props;
  return (
    <table className="table" role="table">
      <TableHead columns={COLUMNS} />
      <tbody role="rowgroup">
        {items.map((item) => (
          <tr key={item.caseId} role="row">
            <th role="rowheader" scope="row" data-title="氏名">
              <a href={casePath(item.caseId)}>{item.name || '氏名の記入なし'}</a>
              {item.nameKana && <span className="kana">（{item.nameKana}）</span>}
            </th>
            <td role="cell" data-title="状態" className="short">
              {item.stateLabel}
              {item.consentVersion === 'no-consent' && <span className="sub">同意なし</span>}
            </td>
            <td role="cell" data-title="主な困りごと">
              {label(labels?.concern, item.topConcern)}
            </td>
            <td role="cell" data-title="緊急性">
              <span className={`urgency urgency-${item.urgency ?? 'none'}`}>
                {label(labels?.urgency, item.urgency)}
              </span>
            </td>
            <td role="cell" data-title="主担当">
              {item.leadAgencyName ??
                (item.receivingAgencyName && `未定（受付：${item.receivingAgencyName}）`)}
            </td>
            <td role="cell" data-title="次の予定">
              {item.next && (
                <>
                  <span className="short">{formatDate(item.next.due)}</span>
                  <span className="sub">{item.next.text}</span>
                </>
              )}
            </td>
            <td role="cell" data-title="受付日" className="short">
              {item.receivedAt && formatMoment(item.receivedAt)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Nothing while the names are on their way. */
const label = (
  labels: ReadonlyMap<string, string> | undefined,
  code: string | null | undefined,
): string =>
  code === null || code === undefined
    ? '記入なし'
    : labels === undefined
      ? ''
      : (labels.get(code) ?? code);
