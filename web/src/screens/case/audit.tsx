import { useCallback, useEffect, useState } from 'react';
import { listAudit } from '../../api';
import type { AuditEvent } from '../../types';
import { useSingle } from '../../ui/attempt';
import { Button } from '../../ui/button';
import { Failure, Loading } from '../../ui/load';
import { formatMoment } from '../../wareki';
import { TableHead } from '../../ui/table-head';

const COLUMNS = ['日時', 'したこと', '人', '機関', '共有の根拠', '結果'];
const RESULTS: Readonly<Record<string, string>> = { done: '済み', denied: '断った' };

export function Audit({ caseId }: { readonly caseId: string }) {
  const [items, setItems] = useState<readonly AuditEvent[]>([]);
  const [cursor, setCursor] = useState<string | null>(null);
  const [known, setKnown] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [busy, single] = useSingle();
  const load = useCallback(
    (from: string | null) =>
      single(async () => {
        setError(null);
        try {
          const page = await listAudit(caseId, from);
          setItems((shown) => (from === null ? page.items : [...shown, ...page.items]));
          setCursor(page.nextCursor);
          setKnown(true);
        } catch (failure) {
          setError(failure);
        }
      }),
    [caseId, single],
  );
  useEffect(() => void load(null), [load]);

  return (
    <>
      {items.length > 0 && (
        <table className="table" role="table">
          <TableHead columns={COLUMNS} />
          <tbody role="rowgroup">
            {items.map((item, index) => (
              <tr key={index} role="row">
                <td role="cell" data-title="日時">
                  {formatMoment(item.at)}
                </td>
                <td role="cell" data-title="したこと">
                  {item.actionLabel}
                </td>
                <td role="cell" data-title="人">
                  {item.actorName}
                </td>
                <td role="cell" data-title="機関">
                  {item.agencyName}
                </td>
                <td role="cell" data-title="共有の根拠">
                  {item.basisLabel ?? 'なし'}
                </td>
                <td role="cell" data-title="結果">
                  {RESULTS[item.result] ?? item.result}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {known && items.length === 0 && <p className="empty">記録はまだありません。</p>}
      {error !== null && <Failure error={error} retry={() => void load(known ? cursor : null)} />}
      {!known && error === null && <Loading />}
      {cursor !== null && (
        <Button busy={busy} onClick={() => void load(cursor)}>
          さらに表示
        </Button>
      )}
    </>
  );
}
