import { useCallback, useRef, useState } from 'react';

/**
 * One Idempotency-Key per content: repeating the same content (a lost answer, a double click) is
 * the same attempt for the server; changed content is a new one.
 */
export function useAttemptKey(): (content: unknown) => string {
  const last = useRef({ content: '', key: '' });
  return useCallback((content) => {
    const text = JSON.stringify(content);
    if (last.current.content !== text || last.current.key === '') {
      last.current = { content: text, key: crypto.randomUUID() };
    }
    return last.current.key;
  }, []);
}

/** Runs one action at a time; what is asked for meanwhile is ignored. */
export function useSingle(): readonly [boolean, (action: () => Promise<void>) => Promise<void>] {
  const [busy, setBusy] = useState(false);
  const running = useRef(false);
  const run = useCallback(async (action: () => Promise<void>) => {
    if (running.current) return;
    running.current = true;
    setBusy(true);
    try {
      await action();
    } finally {
      running.current = false;
      setBusy(false);
    }
  }, []);
  return [busy, run];
}
