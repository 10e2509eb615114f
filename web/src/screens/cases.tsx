import { useCallback, useEffect, useState } from 'react';
import { codeLabels, listCases } from '../api';
import { casePath } from '../router';
import type { CaseSummary, Me } from '../types';
import { useSingle } from '../ui/attempt';
import { Button } from '../ui/button';
import { ScreenHeading } from '../ui/heading';
import { Failure, Loading } from '../ui/load';
import { formatMoment } from '../wareki';
import { CaseNumber } from './case-number';
import { TableHead } from '../ui/table-head';

interface Labels {
  readonly concern: ReadonlyMap<string, string>;
  readonly urgency: ReadonlyMap<string, string>;
}

const NO_LABELS: Labels = { concern: new Map(), urgency: new Map() };

const COLUMNS = [
  '受付日',
  '氏名（ふりがな）',
  '最も困っていること',
  '緊急性',
  '受付機関',
  '状態',
  '同意',
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
  const [items, setItems] = useState<readonly CaseSummary[]>([]);
  const [cursor, setCursor] = useState<string | null>(null);
  const [known, setKnown] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [labels, setLabels] = useState(NO_LABELS);
  const [busy, single] = useSingle();

  const load = useCallback(
    (from: string | null) =>
      single(async () => {
        setError(null);
        try {
          const [page, concern, urgency] = await Promise.all([
            listCases(from),
            codeLabels('concern'),
            codeLabels('urgency'),
          ]);
          setLabels({ concern, urgency });
          setItems((shown) => (from === null ? page.items : [...shown, ...page.items]));
          setCursor(page.nextCursor);
          setKnown(true);
        } catch (failure) {
          setError(failure);
        }
      }),
    [single],
  );
  useEffect(() => void load(null), [load]);

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
      {known && items.length > 0 && <CaseTable items={items} labels={labels} />}
      {known && items.length === 0 && cursor === null && <Empty me={me} />}
      {error !== null && <Failure error={error} retry={() => void load(known ? cursor : null)} />}
      {!known && error === null && <Loading what="ケースを読み込んでいます" />}
      {known && (
        <p className="list-foot">
          <span role="status">{items.length}件を表示しています。</span>
          {cursor !== null && (
            <Button busy={busy} onClick={() => void load(cursor)}>
              さらに表示
            </Button>
          )}
        </p>
      )}
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
    </div>
  );
}

function CaseTable(props: { readonly items: readonly CaseSummary[]; readonly labels: Labels }) {
  const { items, labels } = props;
  return (
    <table className="table" role="table">
      <TableHead columns={COLUMNS} />
      <tbody role="rowgroup">
        {items.map((item) => (
          <tr key={item.caseId} role="row">
            <td role="cell" data-title="受付日" className="short">
              {formatMoment(item.receivedAt)}
            </td>
            <th role="rowheader" scope="row" data-title="氏名">
              <a href={casePath(item.caseId)}>{item.name || '氏名の記入なし'}</a>
              {item.nameKana && <span className="kana">（{item.nameKana}）</span>}
            </th>
            <td role="cell" data-title="最も困っていること">
              {label(labels.concern, item.topConcern)}
            </td>
            <td role="cell" data-title="緊急性">
              <span className={`urgency urgency-${item.urgency ?? 'none'}`}>
                {label(labels.urgency, item.urgency)}
              </span>
            </td>
            <td role="cell" data-title="受付機関">
              {item.receivingAgencyName}
            </td>
            <td role="cell" data-title="状態" className="short">
              {item.stateLabel}
            </td>
            <td role="cell" data-title="同意">
              {item.consentVersion === 'consent' ? 'あり' : 'なし'}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const label = (labels: ReadonlyMap<string, string>, code: string | null | undefined): string =>
  code === null || code === undefined ? '記入なし' : (labels.get(code) ?? code);
