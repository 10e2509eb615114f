import type { Schema } from '../../../types';

/**
 * Whether the writer says whom a record is about: where it holds free text and does not say it by
 * its own fields (a person it is for, rows of persons, parts on the household).
 */
export function takesAbout(form: Schema): boolean {
  const properties = Object.values(form.properties ?? {}).filter((p) => typeof p === 'object');
  const own = properties.some((p) => namesPersons(p));
  return !own && properties.some((p) => p['x-multiline'] === true);
}

const namesPersons = (schema: Schema): boolean =>
  schema['x-choices'] === 'persons' || schema['x-about'] !== undefined;
