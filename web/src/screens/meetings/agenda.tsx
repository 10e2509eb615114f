import { useState } from 'react';
import { currentVersion, putRecord } from '../../api';
import { OnePaper } from '../../papers/one-paper';
import { casePath, meetingPath } from '../../router';
import type { AgendaItem, Data, Me } from '../../types';
import { useAttemptKey, useSingle } from '../../ui/attempt';
import { Button } from '../../ui/button';
import { Dialog } from '../../ui/dialog';
import { Refusal } from '../../ui/refusal';
import { TableHead } from '../../ui/table-head';
import { Term } from '../../ui/term';
import { formatDate, todayInJapan } from '../../wareki';
import { Basis } from './basis';
import type { Room } from './meeting';
import { Move } from './move';
import { Projector } from './projector';
import { caseLabel, pledgeOf, pledgeWords, rows, SHIEN, text, whenOf, windowWords } from './words';

interface Props {
  readonly me: Me;
  readonly room: Room;
  readonly refresh: (said: string | null) => Promise<void>;
}

/** A meeting: when and where, who is called, and the cases that this person may know of. */
export function Agenda({ me, room, refresh }: Props) {
  const { meeting } = room;
  const { meetingId, data, agenda, convening } = meeting;
  const [projecting, setProjecting] = useState(false);
  return (
    <>
      <dl className="case-head">
        <div>
          <dt>会議</dt>
          <dd>{text(data.title) || '名称の記入なし'}</dd>
        </div>
        <div>
          <dt>日時</dt>
          <dd>{whenOf(data)}</dd>
        </div>
        {text(data.place) !== '' && (
          <div>
            <dt>場所</dt>
            <dd>{text(data.place)}</dd>
          </div>
        )}
      </dl>
      <div className="actions no-print">
        {convening && (
          <a className="button button-outline" href={meetingPath(meetingId, 'edit')}>
            日時・場所を直す
          </a>
        )}
        {convening && (
          <OnePaper paper="invitation" query={{ meeting: meetingId }} label="開催通知（PDF）" />
        )}
        {room.projects && agenda.length > 0 && (
          <Button onClick={() => setProjecting(true)}>映す（氏名なし）</Button>
        )}
      </div>
      {convening && <Called room={room} />}
      <section className="section" aria-labelledby="meeting-agenda">
        <div className="screen-head">
          <h2 id="meeting-agenda" className="section-title">
            議題
          </h2>
          {me.can.convene && (
            <a className="button button-solid" href={meetingPath(meetingId, 'lay')}>
              議題に加える
            </a>
          )}
        </div>
        {agenda.length === 0 && (
          <p className="empty">
            {me.can.convene
              ? '議題はまだありません。「議題に加える」から、ケースごとに根拠と出席者を決めます。'
              : 'あなたに示された議題はありません。'}
          </p>
        )}
        {agenda.map((item, at) => (
          <Case
            key={item.caseId}
            item={item}
            number={at + 1}
            me={me}
            room={room}
            refresh={refresh}
          />
        ))}
      </section>
      {projecting && <Projector room={room} onClose={() => setProjecting(false)} />}
    </>
  );
}

/** Who is called to the meeting, by agency, and who has pledged secrecy. */
function Called({ room }: { readonly room: Room }) {
  const { meeting, agencies, pledges } = room;
  const invited = rows(meeting.data, 'invited');
  const agencyOf = (row: Data) => agencies.find(({ agencyId }) => agencyId === row.agencyId);
  return (
    <section className="section" aria-labelledby="meeting-people">
      <div className="screen-head">
        <h2 id="meeting-people" className="section-title">
          招集する人と
          <Term name="pledge" />
        </h2>
        <a className="button button-outline" href={meetingPath(meeting.meetingId, 'people')}>
          招集する人・守秘の誓約
        </a>
      </div>
      {invited.length === 0 ? (
        <p className="empty">まだだれも招集していません。</p>
      ) : (
        <ul className="people">
          {invited.map((row, at) => (
            <li key={at}>
              <span>
                {text(row.name) || '氏名の記入なし'}（{agencyOf(row)?.name ?? '機関の記入なし'}）
              </span>
              <span className="pledge">{pledgeWords(pledged(row), agencyOf(row))}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );

  function pledged(row: Data) {
    const { staffId, agencyId } = row;
    const person = {
      name: text(row.name),
      ...(typeof staffId === 'string' && { staffId }),
      ...(typeof agencyId === 'string' && { agencyId }),
    };
    return pledgeOf(pledges, person, text(meeting.data.date));
  }
}

interface CaseProps extends Props {
  readonly item: AgendaItem;
  readonly number: number;
}

const DECIDED = ['だれが', '何を', 'いつまで', '済んだ日'];

function Case({ item, number, me, room, refresh }: CaseProps) {
  const { meeting, agencies, kinds } = room;
  const { caseId, data } = item;
  const heading = `agenda-${caseId}`;
  const attendees = rows(data, 'attendees');
  const absent = rows(data, 'absent');
  const decided = rows(data, 'roles');
  const nameOf = (row: Data) =>
    agencies.find(({ agencyId }) => agencyId === row.agencyId)?.name ?? text(row.agencyName);
  return (
    <article className="card agenda-case" aria-labelledby={heading}>
      <h3 id={heading} className="card-title">
        {number}. <a href={casePath(caseId, 'steps')}>{caseLabel(item)}</a>
        {item.name !== undefined && <span className="card-note">{caseId}</span>}
      </h3>
      <Basis kind={text(data.kind)} basis={text(data.basis)} kinds={kinds} />
      {text(data.agenda) !== '' && <p className="as-written">{text(data.agenda)}</p>}
      {attendees.length > 0 && (
        <div>
          <h4>出席する人</h4>
          <ul className="people">
            {attendees.map((row, at) => (
              <li key={at}>
                <span>
                  {text(row.name) || '氏名の記入なし'}（{nameOf(row)}）
                  {text(row.deputyFor) !== '' && `　${text(row.deputyFor)}の代理`}
                </span>
                {text(row.pledgedOn) !== '' && (
                  <span className="pledge">守秘の誓約 {formatDate(text(row.pledgedOn))}</span>
                )}
              </li>
            ))}
          </ul>
          {absent.length > 0 && (
            <p>
              欠席：
              {absent.map((row) => `${text(row.name)}（${nameOf(row)}）`).join('、')}
            </p>
          )}
        </div>
      )}
      <h4>決めたこと（だれが・いつまでに）</h4>
      {decided.length === 0 ? (
        <p>
          まだ記録がありません。会議録の「役割分担」に書くと、その機関の「今日」に仕事として出ます。
        </p>
      ) : (
        <table className="table" role="table">
          <TableHead columns={DECIDED} />
          <tbody role="rowgroup">
            {decided.map((row, at) => (
              <tr key={at} role="row">
                <th role="rowheader" scope="row" data-title="だれが">
                  {[nameOf(row), text(row.personName)].filter((v) => v !== '').join(' ') ||
                    '記入なし'}
                </th>
                <td role="cell" data-title="何を" className="as-written">
                  {text(row.task)}
                </td>
                <td role="cell" data-title="いつまで">
                  {formatDate(text(row.due))}
                </td>
                <td role="cell" data-title="済んだ日">
                  {text(row.done) === '' ? 'まだ' : formatDate(text(row.done))}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <PapersState item={item} refresh={refresh} />
      <div className="actions no-print">
        <a
          className="button button-outline"
          href={meetingPath(meeting.meetingId, 'minutes', caseId)}
        >
          {item.mayWrite ? '会議録を書く・読む' : '会議録を読む'}
        </a>
        {item.attends && (
          <a
            className="button button-outline"
            href={meetingPath(meeting.meetingId, 'papers', caseId)}
          >
            資料を見る
          </a>
        )}
      </div>
      {text(data.kind) === SHIEN && me.can.convene && <Move item={item} room={room} />}
    </article>
  );
}

interface PapersProps {
  readonly item: AgendaItem;
  readonly refresh: (said: string | null) => Promise<void>;
}

/** Until when the papers of a case lie open, and collecting them. */
function PapersState({ item, refresh }: PapersProps) {
  const { data } = item;
  const [asking, setAsking] = useState(false);
  const count = rows(data, 'papers').length;
  if (data.papersFrom === undefined) return null;
  return (
    <div>
      <h4>
        資料と<Term name="papers">閲覧期限</Term>
      </h4>
      <p>
        {count === 0 ? '資料にした記録はありません。' : `資料にした記録は${count}件です。`}
        出席する人が見られるのは、{windowWords(data)}です。
        {data.papersCollected === true && (
          <strong>紙の資料は回収済みで、閲覧も閉じています。</strong>
        )}
      </p>
      {item.mayWrite && data.papersCollected !== true && (
        <Button onClick={() => setAsking(true)}>資料を回収して閉じる</Button>
      )}
      {asking && <Collect item={item} refresh={refresh} onClose={() => setAsking(false)} />}
    </div>
  );
}

/** Papers are collected and shut: nobody reads them any more after today. */
function Collect({ item, refresh, onClose }: PapersProps & { readonly onClose: () => void }) {
  const [failure, setFailure] = useState<unknown>(null);
  const [busy, single] = useSingle();
  const keyOf = useAttemptKey();
  const today = todayInJapan(Date.now());
  const last = [today, text(item.data.papersTo)].sort()[0] ?? today;
  const to = [last, text(item.data.papersFrom)].sort()[1] ?? last;
  const close = () =>
    single(async () => {
      setFailure(null);
      const data = { ...item.data, papersTo: to, papersCollected: true };
      try {
        const formVersion = await currentVersion('conference');
        const { caseId, recordId, revision } = item;
        const key = keyOf([revision, data]);
        await putRecord(caseId, recordId, revision, { formVersion, data }, key);
        onClose();
        await refresh('資料を閉じました');
      } catch (error) {
        setFailure(error);
      }
    });
  return (
    <Dialog title="資料を回収して閉じる" onCancel={onClose}>
      <p>
        配った紙を数えて、すべて戻ったことを確かめてください。画面の資料と会議録は、出席した人も
        {formatDate(to)}の終わりに見られなくなります。役割分担の仕事は残ります。
      </p>
      {failure !== null && <Refusal error={failure} />}
      <div className="actions">
        <Button look="solid" busy={busy} onClick={() => void close()}>
          回収したので閉じる
        </Button>
        <Button onClick={onClose}>やめる</Button>
      </div>
    </Dialog>
  );
}
