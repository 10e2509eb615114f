import { useCallback } from 'react';
import { codeLabels } from '../../api';
import { managePath } from '../../router';
import { ScreenHeading } from '../../ui/heading';
import { useLoad } from '../../ui/load';
import { PagesEnd, usePages } from '../../ui/pages';
import { Table } from '../../ui/table';
import { formatDate } from '../../wareki';
import { listRequests, type BookEntry } from './api';

const load = () => Promise.all([codeLabels('request-kind'), codeLabels('disclosure-result')]);

/** Requests for disclosure, correction and suspension, the newest first. */
export default function Disclosures() {
  const pages = usePages<BookEntry>(useCallback(listRequests, []));
  const [codes] = useLoad(useCallback(load, []));
  const [kinds, results] = codes.state === 'ready' ? codes.value : [];
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  return (
    <>
      <div className="screen-head">
        <ScreenHeading>開示請求</ScreenHeading>
        <a className="button button-solid" href={managePath('disclosure', 'new')}>
          請求を受け付ける
        </a>
      </div>
      <p>
        受け付けたら、対象の人のケースを開き、墨塗りを決め、決定を記録します。期限は受け付けた日から数えます。
      </p>
      {pages.known && pages.items.length === 0 && (
        <p className="empty">受け付けた請求はありません。</p>
      )}
      {pages.items.length > 0 && (
        <Table
          label="開示請求"
          columns={['受け付けた日', '種類', '対象の人', '結果']}
          rows={pages.items.map(({ entryId, data }) => ({
            key: entryId,
            cells: [
              <a key="open" href={managePath('disclosure', entryId)}>
                {formatDate(text(data.receivedOn))}
              </a>,
              kinds?.get(text(data.kind)) ?? '',
              text(data.name),
              data.result === undefined ? (
                <strong key="open">まだ決めていません</strong>
              ) : (
                (results?.get(text(data.result)) ?? '')
              ),
            ],
          }))}
        />
      )}
      <PagesEnd pages={pages} />
    </>
  );
}
