/** What a field may name that is no code: an agency, a person, another record (`x-choices`). */
import type { Schema } from '../types';

export interface Choice {
  readonly value: string;
  readonly label: string;
  /** what is meant where nobody chooses */
  readonly preset?: boolean;
}

/** Kind of thing → what there is of it. A kind that is missing cannot be chosen from here. */
export type Choices = Readonly<Record<string, readonly Choice[] | undefined>>;

export const NO_CHOICES: Choices = {};

/** What a field, or each entry of a list, names; undefined where it names nothing. */
export const namedBy = (schema: Schema): string | undefined =>
  schema['x-choices'] ?? schema.items?.['x-choices'];

export function offered(schema: Schema, choices: Choices): readonly Choice[] | undefined {
  const kind = namedBy(schema);
  return kind === undefined ? undefined : choices[kind];
}
