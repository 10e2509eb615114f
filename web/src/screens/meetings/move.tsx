import { useCallback, useState } from 'react';
import { listMeetings } from '../../api';
import { casePath, consentPath, meetingPath } from '../../router';
import type { AgendaItem } from '../../types';
import { Button } from '../../ui/button';
import { PagesEnd, usePages } from '../../ui/pages';
import type { Room } from './meeting';
import { JUSO, text, whenOf } from './words';

interface Props {
  readonly item: AgendaItem;
  readonly room: Room;
}

/** From the meeting without consent to the one with it: once the 本人 has consented. */
export function Move({ item, room }: Props) {
  const [open, setOpen] = useState(false);
  const juso = room.kinds.get(JUSO) ?? '重層的支援会議';
  return (
    <div className="no-print">
      <Button look="text" aria-expanded={open} onClick={() => setOpen(!open)}>
        {`同意が得られたら：${juso}に移す`}
      </Button>
      {open && <Steps item={item} juso={juso} own={room.meeting.meetingId} />}
    </div>
  );
}

interface StepsProps {
  readonly item: AgendaItem;
  readonly juso: string;
  readonly own: string;
}

function Steps({ item, juso, own }: StepsProps) {
  const { caseId } = item;
  const load = useCallback((from: string | null) => listMeetings('coming', from), []);
  const pages = usePages(load);
  // A case is laid before a meeting once, on one basis.
  const others = pages.items.filter((one) => one.convening && one.meetingId !== own);
  return (
    <ol className="steps-list">
      <li>
        <a href={consentPath(caseId)}>同意の説明と記録</a>
        をします（済んでいれば次へ）。
      </li>
      <li>
        <a href={casePath(caseId, 'steps')}>進み具合</a>
        から、ケースの状態を先へ進めます。足りないものがあれば、そこに出ます。
      </li>
      <li>
        {juso}の議題に加えます。どの会議にするか選んでください。
        {pages.known && others.length === 0 && (
          <p>
            これからの会議がほかにありません。<a href="#/meetings/new">新しい会議</a>
            を開いてから、議題に加えてください。
          </p>
        )}
        <ul>
          {others.map(({ meetingId, data }) => (
            <li key={meetingId}>
              <a href={meetingPath(meetingId, 'lay', caseId)}>
                {whenOf(data)} {text(data.title)}
              </a>
            </li>
          ))}
        </ul>
        <PagesEnd pages={pages} what="会議を読み込んでいます" />
      </li>
      <li>
        この会議で示された情報は、移した先の会議には自動では移りません。主管課が一件ずつ解除したものだけが使えます。
      </li>
    </ol>
  );
}
