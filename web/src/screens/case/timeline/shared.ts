/** Whom a record of progress is shared with: what it begins with, and how it is said. Pure. */
import type { Choices } from '../../../form/choices';
import { CASE_AGENCIES, LIST } from '../../../form/shared-with';
import { resolve } from '../../../form/validate';
import type { Data, Me, Schema, Sharing } from '../../../types';

/** Data class of records of progress: a consent that leaves it out opens none of them. */
const PROGRESS_CLASS = 4;
const OWN = 'own';

/**
 * Agencies that a live consent lets read records of progress about the 本人 today. The own agency
 * sees what it writes, and the office sees it by its duty: neither is named.
 */
export function consenting(
  { items }: Sharing,
  { agencyId }: Pick<Me, 'agencyId'>,
  subject: string | undefined,
): readonly string[] {
  const found = items
    .filter(
      (sight) =>
        sight.basis === 'consent' &&
        sight.from === null &&
        !sight.task &&
        sight.classes.includes(PROGRESS_CLASS) &&
        (subject === undefined || sight.personIds.includes(subject)) &&
        sight.agencyId !== agencyId,
    )
    .map((sight) => sight.agencyId);
  return [...new Set(found)];
}

/** What a new record begins with: shared with whom a consent covers, or with nobody. */
export const sharedWith = (agencies: readonly string[]): Data =>
  agencies.length === 0 ? { sharedWith: OWN } : { sharedWith: LIST, sharedAgencies: [...agencies] };

/** 「○○、△△」, or how far it goes in words. */
export function sharedWords(form: Schema) {
  const scopes = form.properties?.sharedWith;
  const codes = typeof scopes === 'object' ? (resolve(scopes, form).oneOf ?? []) : [];
  const titles = new Map(codes.map((one) => [one.const, one.title]));
  return ({ sharedWith: scope, sharedAgencies }: Data, choices: Choices): string => {
    if (scope !== LIST) return titles.get(scope as string) ?? '選んでいません';
    const known = new Map((choices[CASE_AGENCIES] ?? []).map((one) => [one.value, one.label]));
    const names = Array.isArray(sharedAgencies)
      ? sharedAgencies.map((id) => known.get(String(id)) ?? String(id))
      : [];
    return names.length === 0 ? '機関を選んでください' : names.join('、');
  };
}

/** Agencies that take part today, by the case's record of its members; null without it. */
export function takingPart(members: Data | undefined, today: string): ReadonlySet<string> | null {
  const rows = members?.members;
  if (!Array.isArray(rows)) return null;
  return new Set(
    (rows as readonly Data[])
      .filter(({ to }) => typeof to !== 'string' || to >= today)
      .map(({ agencyId }) => String(agencyId)),
  );
}
