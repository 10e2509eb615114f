/** The list of one's drafts, asked for once on a page, however many records stand on it. */
import { listDrafts } from '../api';
import type { DraftHead } from '../types';

interface Kept {
  readonly at: string;
  readonly list: Promise<readonly DraftHead[]>;
}

let kept: Kept | null = null;

/** The drafts as they were when this page was opened, or when one was kept or dropped since. */
export function draftsHere(): Promise<readonly DraftHead[]> {
  const at = window.location.hash;
  if (kept?.at !== at) {
    const list = listDrafts().then(({ items }) => items);
    const mine = { at, list };
    kept = mine;
    // A list that did not come is asked for again by the next one who wants it.
    list.catch(() => {
      if (kept === mine) kept = null;
    });
  }
  return kept.list;
}

/** A draft was kept or dropped: the list is another one now. */
export function draftsChanged(): void {
  kept = null;
}
