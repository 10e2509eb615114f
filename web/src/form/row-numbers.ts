/**
 * Rows that other records point to carry a number of their own, which nobody types: it is drawn when
 * the row is begun and stays with it.
 */
import type { Data, Schema } from '../types';

const OWN = new Set(['行の番号', '個人の番号']);
const PERSON = '^p-';

/** A number that the screen draws, not one that somebody chooses. */
export const isRowNumber = (schema: Schema): boolean => OWN.has(schema.title ?? '');

function drawn(schema: Schema): string {
  const bytes = crypto.getRandomValues(new Uint8Array(6));
  const text = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return schema.pattern?.startsWith(PERSON) === true ? `p-${text}` : text;
}

/** The record with a number in each row that lacks its own; the same object where none does. */
export function numbered(data: Data, form: Schema): Data {
  let changed = false;
  const next = { ...data };
  for (const [name, property] of Object.entries(form.properties ?? {})) {
    const rows = data[name];
    if (typeof property !== 'object' || !Array.isArray(rows)) continue;
    const columns = Object.entries(property.items?.properties ?? {});
    const own = columns.find(
      (entry): entry is [string, Schema] => typeof entry[1] === 'object' && isRowNumber(entry[1]),
    );
    if (own === undefined) continue;
    const [column, schema] = own;
    next[name] = rows.map((row: Data) => {
      if (row[column] !== undefined) return row;
      changed = true;
      return { ...row, [column]: drawn(schema) };
    });
  }
  return changed ? next : data;
}
