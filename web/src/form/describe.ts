/** Values of a record as people read them: labels for codes, 和暦 for dates. */
import type { Schema } from '../types';
import { formatDate, formatPartial, type PartialDate } from '../wareki';
import { namedBy, offered, type Choices } from './choices';
import { pointerParts } from './pointer';
import { isRowNumber } from './row-numbers';
import { resolve } from './validate';

export const isPartialDate = (schema: Schema): boolean =>
  ['y', 'm', 'd'].every((name) => schema.properties?.[name] !== undefined);

/** Lines of text; a list or an object takes several. */
export function describe(value: unknown, schema: Schema, root: Schema, choices: Choices): string[] {
  const full = resolve(schema, root);
  if (value === undefined || value === null || value === '') return ['（記入なし）'];
  if (Array.isArray(value)) {
    const kind = namedBy(full);
    const items = kind === undefined ? (full.items ?? {}) : { ...full.items, 'x-choices': kind };
    if (value.every((item) => typeof item !== 'object')) {
      return [value.map((item) => describe(item, items, root, choices).join('')).join('、')];
    }
    return value.flatMap((item, index) => [
      `${index + 1}`,
      ...describe(item, items, root, choices).map((line) => `　${line}`),
    ]);
  }
  if (typeof value === 'object') {
    if (isPartialDate(full)) return [formatPartial(value as PartialDate)];
    // In the form's order: the store keeps names in the alphabet's.
    const order = Object.keys(full.properties ?? {});
    const entries = Object.entries(value).sort(([a], [b]) => order.indexOf(a) - order.indexOf(b));
    return entries.flatMap(([name, item]) => {
      const property = full.properties?.[name];
      const known = typeof property === 'object' ? property : {};
      // Drawn for other records to point to; it says nothing to people.
      if (isRowNumber(known)) return [];
      const lines = describe(item, known, root, choices);
      // 「緊急性：緊急性：高」 says nothing more than 「緊急性：高」.
      if (known.title === full.title) return lines;
      return [`${known.title ?? name}：${lines.join(' ')}`];
    });
  }
  if (typeof value === 'boolean') return [value ? 'はい' : 'いいえ'];
  const choice = full.oneOf?.find((option) => option.const === value);
  if (choice?.title !== undefined) return [choice.title];
  const named = offered(full, choices)?.find((one) => one.value === value);
  if (named !== undefined) return [named.label];
  // Whose name the reader may not see is somebody of the household, never a number of the store.
  if (namedBy(full) === 'persons') return ['世帯の人'];
  if (full.format === 'date') return [formatDate(String(value))];
  return String(value).split('\n');
}

/** 「世帯構成 2 氏名」: the titles on the way to a place. */
export function titleOf(pointer: string, root: Schema): string {
  const titles: string[] = [];
  let schema: Schema = root;
  for (const part of pointerParts(pointer)) {
    schema = resolve(schema, root);
    if (schema.items !== undefined && /^\d+$/.test(part)) {
      titles.push(`${Number(part) + 1}`);
      schema = schema.items;
      continue;
    }
    const property = schema.properties?.[part];
    if (typeof property !== 'object') return titles.join(' ');
    // Parts of a date are no fields of their own.
    if (isPartialDate(schema)) return titles.join(' ');
    schema = property;
    const title = property.title ?? part;
    if (titles.at(-1) !== title) titles.push(title);
  }
  return titles.join(' ');
}
