import { useCallback, useState } from 'react';
import { getMeeting, isUsed, listAgencies, listBook, meetingKinds } from '../../api';
import { meetingPath, navigate, type Route } from '../../router';
import type { Agency, BookEntry, Me, Meeting } from '../../types';
import { ScreenHeading } from '../../ui/heading';
import { useLatest } from '../../ui/latest';
import { Failure, Show, useLoad } from '../../ui/load';
import { Notice } from '../../ui/notice';
import { Agenda } from './agenda';
import { Lay } from './lay';
import './meetings.css';
import { MeetingEditor } from './meeting-editor';
import { Minutes } from './minutes';
import { Papers } from './papers';
import { People } from './people';

type MeetingRoute = Route & { readonly at: 'meeting' };

/** A meeting and what its screens need to know to speak of it. */
export interface Room {
  readonly meeting: Meeting;
  readonly kinds: ReadonlyMap<string, string>;
  /** whether the town uses the view for the wall */
  readonly projects: boolean;
  readonly agencies: readonly Agency[];
  /** empty for who does not convene meetings */
  readonly pledges: readonly BookEntry[];
}

interface Props {
  readonly me: Me;
  readonly route: MeetingRoute;
}

async function enter(meetingId: string, me: Me): Promise<Room> {
  const [meeting, kinds, projects, agencies, pledges] = await Promise.all([
    getMeeting(meetingId),
    meetingKinds(),
    isUsed('projectorView'),
    listAgencies(),
    me.can.convene ? everyPledge() : Promise.resolve([]),
  ]);
  return { meeting, kinds, projects, agencies, pledges };
}

async function everyPledge(): Promise<readonly BookEntry[]> {
  const found: BookEntry[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof listBook>> = await listBook('pledge', cursor);
    found.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return found;
}

export default function MeetingScreen({ me, route }: Props) {
  const { meetingId } = route;
  const who = useLatest(me);
  const load = useCallback(() => enter(meetingId, who.current), [meetingId, who]);
  const [loaded, retry] = useLoad(load);
  return (
    <>
      <ScreenHeading>会議</ScreenHeading>
      <Show loaded={loaded} retry={retry}>
        {(room) => <Opened me={me} route={route} content={room} />}
      </Show>
    </>
  );
}

function Opened({ me, route, content }: Props & { readonly content: Room }) {
  const { meetingId, part, caseId } = route;
  const [room, setRoom] = useState(content);
  const [news, setNews] = useState<string | null>(null);
  const [failure, setFailure] = useState<{ error: unknown; said: string | null } | null>(null);
  // Said once it is on the screen: whoever goes on at once works on what was saved.
  const refresh = async (said: string | null) => {
    setNews(null);
    setFailure(null);
    try {
      setRoom(await enter(meetingId, me));
      setNews(said);
    } catch (error) {
      setFailure({ error, said });
    }
    // Not before what it tells of is there to be seen.
    setNews(said);
  };
  const back = (said: string | null) => {
    navigate(meetingPath(meetingId));
    void refresh(said);
  };
  const { meeting } = room;
  const nothing = <p className="empty">表示できる記録がありません</p>;
  const panel = () => {
    switch (part) {
      case 'agenda':
        return <Agenda me={me} room={room} refresh={refresh} />;
      case 'edit':
        return meeting.convening ? (
          <MeetingEditor
            meeting={meeting}
            onSaved={() => back('会議を直しました')}
            onCancel={() => back(null)}
          />
        ) : (
          nothing
        );
      case 'people':
        return meeting.convening ? (
          <People room={room} refresh={refresh} onSaved={() => back('招集する人を保存しました')} />
        ) : (
          nothing
        );
      case 'lay':
        return me.can.convene ? (
          <Lay
            key={caseId}
            me={me}
            room={room}
            caseId={caseId}
            onLaid={() => back('議題に加えました')}
          />
        ) : (
          nothing
        );
      case 'minutes':
        return <Minutes key={caseId} me={me} room={room} caseId={caseId ?? ''} />;
      case 'papers':
        return <Papers key={caseId} me={me} meeting={meeting} caseId={caseId ?? ''} />;
    }
  };
  return (
    <>
      {part !== 'agenda' && (
        <p className="no-print">
          <a
            href={meetingPath(meetingId)}
            onClick={() => {
              // What was written in the minutes stands on the agenda too.
              void refresh(null);
            }}
          >
            議題に戻る
          </a>
        </p>
      )}
      {news !== null && part === 'agenda' && <Notice kind="success" title={news} />}
      {failure !== null && (
        <Failure error={failure.error} retry={() => void refresh(failure.said)} />
      )}
      {panel()}
    </>
  );
}
