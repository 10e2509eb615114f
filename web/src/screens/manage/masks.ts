/** Places in a text are counted in code points, as the API counts them. */
import type { Mask } from './api';

export const MASK = '■■■';

/** A place that the browser counts in UTF-16 units, in code points. */
export const codePoints = (text: string, at: number): number => [...text.slice(0, at)].length;

export const lengthOf = (text: string): number => [...text].length;

export const partOf = (text: string, { start, end }: Pick<Mask, 'start' | 'end'>): string =>
  [...text].slice(start, end).join('');

/** The masks with one more; those that it covers or touches become part of it. */
export function withMask(masks: readonly Mask[], mask: Mask): readonly Mask[] {
  const over = masks.filter(({ start, end }) => start < mask.end && mask.start < end);
  const start = Math.min(mask.start, ...over.map((one) => one.start));
  const end = Math.max(mask.end, ...over.map((one) => one.end));
  return [...masks.filter((one) => !over.includes(one)), { ...mask, start, end }].sort(
    (a, b) => a.start - b.start,
  );
}

/** What leaves of a text: each mask is three squares, whatever its length. */
export function rendered(text: string, masks: readonly Mask[]): string {
  const points = [...text];
  let shown = '';
  let at = 0;
  for (const { start, end } of [...masks].sort((a, b) => a.start - b.start)) {
    shown += points.slice(at, start).join('') + MASK;
    at = end;
  }
  return shown + points.slice(at).join('');
}
