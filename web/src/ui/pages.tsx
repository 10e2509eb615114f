import { useCallback, useEffect, useRef, useState } from 'react';
import type { Page } from '../types';
import { Button } from './button';
import { Failure, Loading } from './load';

export interface Pages<T> {
  readonly items: readonly T[];
  /** whether the first page has come */
  readonly known: boolean;
  readonly error: unknown;
  readonly busy: boolean;
  /** fetches the next page; null where there is none */
  readonly more: (() => void) | null;
  readonly retry: () => void;
}

/** A list that comes page by page, from the beginning now and whenever `fetch` changes. */
export function usePages<T>(fetch: (cursor: string | null) => Promise<Page<T>>): Pages<T> {
  const [items, setItems] = useState<readonly T[]>([]);
  const [cursor, setCursor] = useState<string | null>(null);
  const [known, setKnown] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const turn = useRef(0);
  const asked = useRef<string | null>(null);
  // An answer to what is no longer asked is dropped: the list may be narrowed while a page comes.
  const load = useCallback(
    async (from: string | null) => {
      const mine = ++turn.current;
      asked.current = from;
      setBusy(true);
      setError(null);
      try {
        const page = await fetch(from);
        if (mine !== turn.current) return;
        setItems((shown) => (from === null ? page.items : [...shown, ...page.items]));
        setCursor(page.nextCursor);
        setKnown(true);
      } catch (failure) {
        if (mine !== turn.current) return;
        setError(failure);
      }
      setBusy(false);
    },
    [fetch],
  );
  useEffect(() => {
    void load(null);
    return () => {
      turn.current += 1;
    };
  }, [load]);
  return {
    items,
    known,
    error,
    busy,
    more: cursor === null ? null : () => void load(cursor),
    retry: () => void load(asked.current),
  };
}

interface Props {
  readonly pages: Pages<unknown>;
  readonly what?: string;
}

/** What stands below such a list: that it is loading, why it could not be loaded, or more of it. */
export function PagesEnd({ pages, what }: Props) {
  const { known, error, busy, more, retry } = pages;
  return (
    <>
      {error !== null && <Failure error={error} retry={retry} />}
      {!known && error === null && <Loading {...(what === undefined ? {} : { what })} />}
      {known && more !== null && (
        <Button busy={busy} onClick={more}>
          さらに表示
        </Button>
      )}
    </>
  );
}
