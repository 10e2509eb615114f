/** What a turning point was, in a few words: which state, which plan, how it was decided. Pure. */
import type { Choices } from '../../../form/choices';
import { describe } from '../../../form/describe';
import type { FormRecord, Schema } from '../../../types';

/** The properties that tell it, form by form; of other forms the title says enough. */
const TELLING: Readonly<Record<string, readonly string[]>> = {
  transition: ['to'],
  screening: ['result'],
  consent: ['kinds'],
  conference: ['kind', 'planJudgement'],
  plan: ['planNumber', 'programme', 'from'],
  decision: ['result'],
  evaluation: ['judgement'],
  'emergency-report': ['law'],
  closure: ['reason'],
  handover: ['agencyId'],
};

export function factOf(
  { form: name, data }: Pick<FormRecord, 'form' | 'data'>,
  form: Schema,
  choices: Choices,
): string {
  return (TELLING[name] ?? [])
    .flatMap((property) => {
      const schema = form.properties?.[property];
      const value = data[property];
      if (typeof schema !== 'object' || value === undefined) return [];
      if (property === 'planNumber') return [`第${String(value)}回`];
      const said = describe(value, schema, form, choices).join(' ');
      return [property === 'from' ? `${said}から` : said];
    })
    .join('・');
}

export const hasFact = (form: string): boolean => form in TELLING;
