/** An earlier revision beside the current one, field by field. Pure. */
import { differences } from '../../../form/merge';
import type { Data, Schema } from '../../../types';

export interface Row {
  readonly name: string;
  readonly change: 'same' | 'changed' | 'added' | 'removed';
}

const order = (form: Schema): readonly string[] =>
  (form['x-sections'] ?? []).flatMap((section) => section.properties);

/** Every property that either revision holds, in the order of the form; `added` and `removed` are
 * seen from the earlier one. */
export function rowsOf(then: Data, now: Data, form: Schema): readonly Row[] {
  const differing = new Set(differences({}, then, now, []).map(({ name }) => name));
  const held = new Set([...Object.keys(then), ...Object.keys(now)]);
  const known = order(form).filter((name) => held.has(name));
  const others = [...held].filter((name) => !known.includes(name)).sort();
  return [...known, ...others].map((name) => ({
    name,
    change: !differing.has(name)
      ? 'same'
      : then[name] === undefined
        ? 'added'
        : now[name] === undefined
          ? 'removed'
          : 'changed',
  }));
}
