/** How far a record is shared, and the agencies it names where it names them. Pure. */
import type { Data, Schema } from '../types';

/** The scope that goes with agencies chosen by name. */
export const LIST = 'list';

/** Agencies of the case, as a kind of choice. */
export const CASE_AGENCIES = 'case-agencies';

/** The form, asking for agencies only where some are to be chosen. */
export function asksAgencies(form: Schema): Schema {
  const { sharedWith: scope, sharedAgencies } = form.properties ?? {};
  if (scope === undefined || typeof sharedAgencies !== 'object') return form;
  const condition = {
    if: { required: ['sharedWith'], properties: { sharedWith: { const: LIST } } },
    then: { required: ['sharedAgencies'] },
    else: { properties: { sharedAgencies: false } },
  };
  return {
    ...form,
    properties: {
      ...form.properties,
      sharedAgencies: { ...sharedAgencies, 'x-choices': CASE_AGENCIES },
    },
    allOf: [...(form.allOf ?? []), condition],
  };
}

/** Agencies chosen once mean nothing where the record goes to all who take part, or to none. */
export function withoutStrayAgencies(data: Data): Data {
  if (data.sharedAgencies === undefined || data.sharedWith === LIST) return data;
  const { sharedAgencies: _gone, ...rest } = data;
  return rest;
}
