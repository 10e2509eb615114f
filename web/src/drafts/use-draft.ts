import { useCallback, useEffect, useRef, useState } from 'react';
import { dropDraft, keepDraft } from '../api';
import type { DraftPlace, DraftText } from '../types';
import { draftsChanged } from './here';

/** A pause in typing after which the text goes to the server, and the longest it waits for one. */
const PAUSE_MS = 2_000;
const LONGEST_MS = 15_000;

export type DraftState =
  | { readonly kind: 'none' }
  | { readonly kind: 'kept'; readonly at: string }
  | { readonly kind: 'failed'; readonly error: unknown };

interface Keeper {
  readonly state: DraftState;
  /** sends now what was not sent yet */
  readonly flush: () => void;
  /** the text is saved, or not wanted any more */
  readonly drop: () => void;
}

/**
 * Keeps what is being typed on the server. `text` is null while there is nothing to keep, `place`
 * null where nothing is kept at all; `draftId` is the draft that is being continued.
 */
export function useDraft(
  place: DraftPlace | null,
  text: DraftText | null,
  draftId: string | null,
): Keeper {
  const [state, setState] = useState<DraftState>({ kind: 'none' });
  const id = useRef<string | null>(draftId);
  const kept = useRef<string | null>(null);
  const ended = useRef(false);
  // One request after another: a late "keep" must not bring back what was dropped.
  const queue = useRef<Promise<void>>(Promise.resolve());
  const since = useRef<number | null>(null);
  const content = place === null || text === null ? null : JSON.stringify({ ...place, ...text });
  const latest = useRef(content);
  latest.current = content;

  const flush = useCallback(() => {
    queue.current = queue.current.then(async () => {
      const body = latest.current;
      if (ended.current || body === kept.current) return;
      try {
        if (body !== null) {
          id.current ??= crypto.randomUUID();
          const { savedAt } = await keepDraft(id.current, body);
          draftsChanged();
          setState({ kind: 'kept', at: savedAt });
        } else if (id.current !== null) {
          await dropDraft(id.current);
          draftsChanged();
          setState({ kind: 'none' });
        }
        kept.current = body;
        since.current = null;
      } catch (error) {
        setState({ kind: 'failed', error });
      }
    });
  }, []);

  useEffect(() => {
    if (content === kept.current) return undefined;
    since.current ??= Date.now();
    const wait = Math.max(0, Math.min(PAUSE_MS, since.current + LONGEST_MS - Date.now()));
    const timer = setTimeout(flush, wait);
    return () => clearTimeout(timer);
  }, [content, flush]);

  const drop = useCallback(() => {
    ended.current = true;
    queue.current = queue.current.then(async () => {
      try {
        if (id.current !== null) {
          await dropDraft(id.current);
          draftsChanged();
        }
      } catch {
        // It ends by itself.
      }
    });
  }, []);

  return { state, flush, drop };
}
