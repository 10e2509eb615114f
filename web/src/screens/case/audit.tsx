import { useCallback } from 'react';
import { listAudit } from '../../api';
import { PagesEnd, usePages } from '../../ui/pages';
import { formatMoment } from '../../wareki';
import { TableHead } from '../../ui/table-head';

const COLUMNS = ['日時', 'したこと', '人', '機関', '共有の根拠', '結果'];
const RESULTS: Readonly<Record<string, string>> = { done: '済み', denied: '断った' };

export function Audit({ caseId }: { readonly caseId: string }) {
  const pages = usePages(useCallback((from) => listAudit(caseId, from), [caseId]));
  const { items, known } = pages;
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
      <PagesEnd pages={pages} />
    </>
  );
}
