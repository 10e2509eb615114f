import type { Schema } from '../types';

/**
 * A form with some of its fields alone, for a screen that asks them in steps. Conditions between
 * fields stay where all the fields they look at do; the API judges the whole record.
 */
export function picked(form: Schema, names: readonly string[]): Schema {
  const has = (name: string) => names.includes(name);
  const asks = (condition: Schema | undefined) => Object.keys(condition?.properties ?? {});
  return {
    ...form,
    properties: Object.fromEntries(Object.entries(form.properties ?? {}).filter(([n]) => has(n))),
    required: (form.required ?? []).filter(has),
    allOf: (form.allOf ?? []).filter((one) =>
      [one.if, one.then, one.else].every((part) => asks(part).every(has)),
    ),
    'x-sections': (form['x-sections'] ?? [])
      .map((section) => ({ ...section, properties: section.properties.filter(has) }))
      .filter((section) => section.properties.length > 0),
  };
}
