import { useCallback, useRef, useState } from 'react';
import { createMeeting, currentVersion, getMeeting, offeredForm, putMeeting } from '../../api';
import { applied, MEETING } from '../../drafts/draft';
import { DraftOffer } from '../../drafts/offer';
import { NO_CHOICES } from '../../form/choices';
import { picked } from '../../form/picked';
import type { Data, Draft, FormRecord, Meeting } from '../../types';
import { Show, useLoad } from '../../ui/load';
import { Editor } from '../case/editor';

// Who is invited is chosen on a screen of its own; cases are laid before the meeting one by one.
const NAMES = ['title', 'kinds', 'date', 'from', 'to', 'place', 'online', 'convenedBy'];
const NONE: readonly string[] = [];
const never = () => false;

const only = (data: Data): Data =>
  Object.fromEntries(Object.entries(data).filter(([name]) => NAMES.includes(name)));

interface Props {
  /** null: a new one */
  readonly meeting: Meeting | null;
  readonly onSaved: (meeting: Meeting) => void;
  readonly onCancel: () => void;
}

/** When, where and of which kinds a meeting is. */
export function MeetingEditor({ meeting, onSaved, onCancel }: Props) {
  const load = useCallback(async () => {
    const [version, offered] = await Promise.all([
      currentVersion('meeting'),
      offeredForm('meeting'),
    ]);
    return { version, form: picked(offered, NAMES) };
  }, []);
  const [loaded, retry] = useLoad(load);
  const [draft, setDraft] = useState<Draft | null>(null);
  const place = { caseId: null, form: MEETING, recordId: meeting?.meetingId ?? null };
  // What this screen does not ask stays as it was saved last.
  const saved = useRef(meeting);
  const fetchTheirs = async (meetingId: string): Promise<FormRecord> => {
    const theirs = await getMeeting(meetingId);
    saved.current = theirs;
    return asRecord(theirs);
  };
  return (
    <Show loaded={loaded} retry={retry}>
      {({ version, form }) => (
        <>
          <DraftOffer {...place} onContinue={setDraft} />
          <Editor
            key={draft?.draftId}
            place={place}
            draftId={draft?.draftId ?? null}
            {...(draft === null ? {} : { start: applied(only(meeting?.data ?? {}), draft) })}
            form={form}
            formVersion={version}
            choices={NO_CHOICES}
            base={{ data: only(meeting?.data ?? {}), revision: meeting?.revision ?? null }}
            fixed={NONE}
            save={async (revision, written, key) => {
              const { invited } = saved.current?.data ?? {};
              const data = { ...written.data, ...(invited === undefined ? {} : { invited }) };
              const next =
                revision === null || saved.current === null
                  ? await createMeeting({ ...written, data }, key)
                  : await putMeeting(saved.current.meetingId, revision, { ...written, data }, key);
              saved.current = next;
              return { revision: next.revision ?? 1, done: () => onSaved(next) };
            }}
            {...(meeting !== null && { fetchTheirs: () => fetchTheirs(meeting.meetingId) })}
            onTheirs={() => saved.current !== null && onSaved(saved.current)}
            staysOpen={never}
            onCancel={onCancel}
          />
        </>
      )}
    </Show>
  );
}

/** A meeting as the record that whoever convenes it finds. */
const asRecord = ({ formVersion, revision, data, updatedAt, updatedBy }: Meeting): FormRecord => ({
  form: 'meeting',
  recordId: 'meeting',
  formVersion,
  revision: revision ?? 1,
  data: only(data),
  about: {},
  createdAt: updatedAt ?? '',
  updatedAt: updatedAt ?? '',
  updatedBy: updatedBy ?? { staffId: '', displayName: '', agencyName: '' },
});
