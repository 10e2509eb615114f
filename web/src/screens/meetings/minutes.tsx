import { useCallback, useState } from 'react';
import { getCase } from '../../api';
import type { AgendaItem, Me } from '../../types';
import { useLatest } from '../../ui/latest';
import { Show, useLoad } from '../../ui/load';
import { readRecord, RecordPane } from '../case/record-pane';
import { Basis } from './basis';
import type { Room } from './meeting';
import { caseLabel, text } from './words';

interface Props {
  readonly me: Me;
  readonly room: Room;
  readonly caseId: string;
}

/** Who meets, where and by which law is settled when a case is laid before a meeting. */
const FIXED = ['meetingId', 'kind', 'basis'];
const never = () => false;
const nothing = () => undefined;

/** The minutes of one case of the agenda: the case's own record of the meeting. */
export function Minutes({ me, room, caseId }: Props) {
  // As it was when one began to write: what others save meanwhile comes by the editor.
  const [item] = useState(() => room.meeting.agenda.find((one) => one.caseId === caseId));
  if (item === undefined) return <p className="empty">表示できる記録がありません</p>;
  return (
    <>
      <h2>会議録：{caseLabel(item)}</h2>
      <Basis kind={text(item.data.kind)} basis={text(item.data.basis)} kinds={room.kinds} />
      <Recorded me={me} item={item} />
    </>
  );
}

function Recorded({ me, item }: { readonly me: Me; readonly item: AgendaItem }) {
  const { caseId, recordId } = item;
  const who = useLatest(me);
  const load = useCallback(async () => {
    const resource = await getCase(caseId);
    return { resource, read: await readRecord(resource, recordId, who.current) };
  }, [caseId, recordId, who]);
  const [loaded, retry] = useLoad(load);
  return (
    <Show loaded={loaded} retry={retry}>
      {({ resource, read }) => (
        <RecordPane
          resource={resource}
          content={read}
          me={me}
          mayWrite={item.mayWrite}
          news={null}
          onSaid={nothing}
          fixed={FIXED}
          staysOpen={never}
        />
      )}
    </Show>
  );
}
