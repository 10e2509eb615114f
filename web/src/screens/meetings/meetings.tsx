import { useCallback, useState } from 'react';
import { listMeetings, type When } from '../../api';
import { meetingPath } from '../../router';
import type { Me, MeetingHead } from '../../types';
import { Button } from '../../ui/button';
import { ScreenHeading } from '../../ui/heading';
import { PagesEnd, usePages } from '../../ui/pages';
import { TableHead } from '../../ui/table-head';
import { text, whenOf } from './words';

const COLUMNS = ['日時', '会議', '場所', 'あなた'];

/** The meetings that one convenes or attends: those to come, and on demand those that were held. */
export default function Meetings({ me }: { readonly me: Me }) {
  const [held, setHeld] = useState(false);
  return (
    <>
      <div className="screen-head">
        <ScreenHeading>会議</ScreenHeading>
        {me.can.convene && (
          <a className="button button-solid" href="#/meetings/new">
            新しい会議
          </a>
        )}
      </div>
      <section className="section" aria-labelledby="meetings-coming">
        <h2 id="meetings-coming" className="section-title">
          これからの会議（近い順）
        </h2>
        <Listed
          when="coming"
          nothing={
            me.can.convene
              ? '予定のある会議はありません。「新しい会議」から日時を決めます。'
              : 'あなたが出席する会議の予定はありません。招集されると、ここに並びます。'
          }
        />
      </section>
      <section className="section" aria-labelledby="meetings-held">
        <h2 id="meetings-held" className="section-title">
          終わった会議（新しい順）
        </h2>
        {held ? (
          <Listed when="held" nothing="終わった会議はまだありません。" />
        ) : (
          <Button onClick={() => setHeld(true)}>終わった会議を表示する</Button>
        )}
      </section>
    </>
  );
}

function Listed({ when, nothing }: { readonly when: When; readonly nothing: string }) {
  const load = useCallback((from: string | null) => listMeetings(when, from), [when]);
  const pages = usePages<MeetingHead>(load);
  const { items, known } = pages;
  return (
    <>
      {known && items.length === 0 && <p className="empty">{nothing}</p>}
      {items.length > 0 && (
        <table className="table" role="table">
          <TableHead columns={COLUMNS} />
          <tbody role="rowgroup">
            {items.map(({ meetingId, convening, data }) => (
              <tr key={meetingId} role="row">
                <td role="cell" data-title="日時">
                  {whenOf(data)}
                </td>
                <th role="rowheader" scope="row" data-title="会議">
                  <a href={meetingPath(meetingId)}>{text(data.title) || '名称の記入なし'}</a>
                </th>
                <td role="cell" data-title="場所">
                  {text(data.place) || '—'}
                </td>
                <td role="cell" data-title="あなた">
                  {convening ? '開く側' : '出席'}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <PagesEnd pages={pages} what="会議を読み込んでいます" />
    </>
  );
}
