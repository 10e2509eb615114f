/** Text that is not saved yet, as the API keeps it: what was changed, and where it was typed. */
import { sameRecord } from '../form/merge';
import { beginPath, bookPath, INTAKE, meetingPath, recordPath } from '../router';
import type { Data, Draft, DraftHead, DraftPlace, DraftText } from '../types';

/** A meeting, kept by its own number; and what is being laid before it. */
export const MEETING = 'meeting';
export const AGENDA = 'agenda';
const NEW_MEETING = '#/meetings/new';

/** What was begun on screens of their own, in words. */
export const OTHER_TITLES: Readonly<Record<string, string>> = {
  [MEETING]: '会議の日時・場所',
  [AGENDA]: '会議の議題',
};

/** What of `data` differs from what the form opened with; null when nothing does. */
export function changesOf(before: Data, data: Data): Pick<DraftText, 'data' | 'removed'> | null {
  const changed = Object.entries(data).filter(
    ([name, value]) => !sameRecord({ value }, { value: before[name] }),
  );
  const removed = Object.keys(before).filter((name) => !(name in data));
  return changed.length + removed.length === 0
    ? null
    : { data: Object.fromEntries(changed), removed };
}

/** The record as its writer left it. */
export function applied(before: Data, draft: Pick<Draft, 'data' | 'removed'>): Data {
  const kept = Object.entries(before).filter(([name]) => !draft.removed.includes(name));
  return { ...Object.fromEntries(kept), ...draft.data };
}

export const isAt = (draft: DraftHead, place: DraftPlace): boolean =>
  draft.caseId === place.caseId && draft.form === place.form && draft.recordId === place.recordId;

/** Where one goes on writing. */
export function pathOf({ caseId, form, recordId }: DraftPlace): string {
  if (form === MEETING) return recordId === null ? NEW_MEETING : meetingPath(recordId, 'edit');
  if (form === AGENDA && recordId !== null) return meetingPath(recordId, 'lay');
  if (caseId === null) return form === INTAKE ? '#/cases/new' : bookPath(form, recordId ?? 'new');
  return recordId === null ? beginPath(caseId, form) : recordPath(caseId, recordId);
}
