import { useRef, type RefObject } from 'react';

/**
 * The value as it is when somebody asks. Who signs in again is the same person in a new object:
 * what is loaded must not be loaded anew for that, or what is being typed would go.
 */
export function useLatest<T>(value: T): RefObject<T> {
  const latest = useRef(value);
  latest.current = value;
  return latest;
}
