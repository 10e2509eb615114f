/** Turning points of a case among its records of progress. Pure. */
import type { FormRecord, RecordHead } from '../../../types';
import type { OfCase } from './several';

/** Forms whose records are turning points; all else is work. */
const TURNS: ReadonlySet<string> = new Set([
  'transition',
  'screening',
  'consent',
  'consent-withdrawal',
  'conference',
  'plan',
  'decision',
  'evaluation',
  'emergency-report',
  'closure',
  'handover',
]);

export const isTurn = (form: string): boolean => TURNS.has(form);

export type Entry =
  | { readonly kind: 'record'; readonly item: OfCase<FormRecord> }
  | { readonly kind: 'turn'; readonly head: OfCase<RecordHead> };

const at = (entry: Entry): string =>
  entry.kind === 'record' ? entry.item.createdAt : entry.head.createdAt;

/**
 * Records, newest first, with the turning points between them. While older records are still to be
 * fetched, turning points from before the last one wait for them.
 */
export function woven(
  items: readonly OfCase<FormRecord>[],
  heads: readonly OfCase<RecordHead>[],
  complete: boolean,
): readonly Entry[] {
  const oldest = items.at(-1)?.createdAt ?? '';
  const turns = heads.filter(
    (head) => TURNS.has(head.form) && (complete || head.createdAt >= oldest),
  );
  const entries: Entry[] = [
    ...items.map((item) => ({ kind: 'record', item }) as const),
    ...turns.map((head) => ({ kind: 'turn', head }) as const),
  ];
  return entries.sort((a, b) => (at(a) < at(b) ? 1 : at(a) > at(b) ? -1 : 0));
}
