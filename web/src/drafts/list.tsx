import type { DraftHead } from '../types';
import { formatMoment } from '../wareki';
import { OTHER_TITLES, pathOf } from './draft';

interface Props {
  readonly drafts: readonly DraftHead[];
  readonly titles: ReadonlyMap<string, string>;
  readonly names: ReadonlyMap<string, string>;
}

/** What one began to write, each with the way back to it. */
export function DraftList({ drafts, titles, names }: Props) {
  return (
    <ul className="tasks">
      {drafts.map((draft) => (
        <li key={draft.draftId} className="task">
          <span className="task-due">{formatMoment(draft.savedAt)}</span>
          <span>
            <a href={pathOf(draft)}>
              {OTHER_TITLES[draft.form] ?? titles.get(draft.form) ?? draft.form}
            </a>
            {draft.caseId !== null && (
              <span className="card-note">{names.get(draft.caseId) || draft.caseId}</span>
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}
