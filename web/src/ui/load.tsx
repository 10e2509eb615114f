import { useCallback, useEffect, useRef, useState, type ReactNode } from 'react';
import { Problem } from '../http';
import { Button } from './button';
import { explain } from './messages';
import { Notice } from './notice';

export type Loaded<T> =
  | { readonly state: 'loading' }
  | { readonly state: 'failed'; readonly error: unknown }
  | { readonly state: 'ready'; readonly value: T };

/** Runs `load` now and whenever it changes; an answer that comes too late is dropped. */
export function useLoad<T>(load: () => Promise<T>): readonly [Loaded<T>, () => void] {
  const [loaded, setLoaded] = useState<Loaded<T>>({ state: 'loading' });
  const turn = useRef(0);
  const run = useCallback(() => {
    const mine = ++turn.current;
    setLoaded({ state: 'loading' });
    load().then(
      (value) => mine === turn.current && setLoaded({ state: 'ready', value }),
      (error: unknown) => mine === turn.current && setLoaded({ state: 'failed', error }),
    );
  }, [load]);
  useEffect(() => {
    run();
    return () => {
      turn.current += 1;
    };
  }, [run]);
  return [loaded, run];
}

export function Loading({ what = '読み込んでいます' }: { readonly what?: string }) {
  return (
    <p className="loading" role="status">
      {what}…
    </p>
  );
}

/** Asking again changes nothing. */
const isMissing = (error: unknown): boolean => error instanceof Problem && error.status === 404;

export function Failure({
  error,
  retry,
}: {
  readonly error: unknown;
  readonly retry?: () => void;
}) {
  const { title, text } = explain(error);
  return (
    <Notice kind="error" title={title}>
      {text !== '' && <p>{text}</p>}
      {retry &&
        (isMissing(error) ? (
          <a href="#/">ケース一覧に戻る</a>
        ) : (
          <Button onClick={retry}>もう一度試す</Button>
        ))}
    </Notice>
  );
}

interface Props<T> {
  readonly loaded: Loaded<T>;
  readonly retry: () => void;
  readonly children: (value: T) => ReactNode;
}

export function Show<T>({ loaded, retry, children }: Props<T>) {
  if (loaded.state === 'loading') return <Loading />;
  if (loaded.state === 'failed') return <Failure error={loaded.error} retry={retry} />;
  return children(loaded.value);
}
