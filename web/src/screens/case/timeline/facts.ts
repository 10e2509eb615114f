/** The facts of turning points, read for the screen. */
import { formSchema, listRecords } from '../../../api';
import type { CaseResource } from '../../../types';
import { agencyChoices } from '../choices-of';
import { factOf, hasFact } from './fact';
import { isTurn } from './markers';

export const factKey = (caseId: string, recordId: string): string => `${caseId} ${recordId}`;

/** The facts of the latest turning points of each case, one request a case. */
export async function factsOf(
  cases: readonly CaseResource[],
): Promise<ReadonlyMap<string, string>> {
  const agencies = await agencyChoices();
  const found = await Promise.all(
    cases.map(async ({ caseId, records }) => {
      const forms = new Set(
        records.filter(({ form }) => isTurn(form) && hasFact(form)).map(({ form }) => form),
      );
      if (forms.size === 0) return [];
      const { items } = await listRecords(caseId, [...forms].join(), null);
      return Promise.all(
        items.map(async (record) => {
          const form = await formSchema(record.form, record.formVersion);
          return [factKey(caseId, record.recordId), factOf(record, form, { agencies })] as const;
        }),
      );
    }),
  );
  return new Map(found.flat());
}
