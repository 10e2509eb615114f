/**
 * Checks a record against its JSON Schema by walking it: nothing is compiled, so the page needs no
 * `unsafe-eval`. It knows the keywords the record forms use (a test holds that they use no other);
 * the API checks everything again and its answer counts.
 */
import { daysInMonth } from '../wareki';
import type { Schema } from '../types';

export interface Fault {
  /** JSON Pointer from the record's root, e.g. `/household/0/age` */
  readonly pointer: string;
  readonly keyword: string;
  readonly schema: Schema;
}

export const KEYWORDS: ReadonlySet<string> = new Set([
  ...['$ref', 'type', 'const', 'enum', 'oneOf', 'anyOf', 'allOf', 'not', 'if', 'then', 'else'],
  ...['properties', 'required', 'additionalProperties', 'minProperties'],
  ...['items', 'minItems', 'maxItems', 'uniqueItems', 'contains'],
  ...['minLength', 'maxLength', 'pattern', 'format', 'minimum', 'maximum'],
]);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const escapePointer = (name: string): string =>
  name.replace(/~/g, '~0').replace(/\//g, '~1');

function typeFits(value: unknown, type: string): boolean {
  switch (type) {
    case 'object':
      return isRecord(value);
    case 'array':
      return Array.isArray(value);
    case 'null':
      return value === null;
    case 'integer':
      return Number.isInteger(value);
    case 'number':
      return typeof value === 'number' && Number.isFinite(value);
    default:
      return typeof value === type;
  }
}

function isDate(text: string): boolean {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (match === null) return false;
  const [y, m, d] = [Number(match[1]), Number(match[2]), Number(match[3])];
  return m >= 1 && m <= 12 && d >= 1 && d <= daysInMonth(y, m);
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Finds the schema that a `$ref` names: `#/$defs/x`, or the `$id` of a bundled list. */
export function resolve(schema: Schema, root: Schema): Schema {
  const ref = schema.$ref;
  if (ref === undefined) return schema;
  const defs = root.$defs ?? {};
  const found = ref.startsWith('#/$defs/')
    ? defs[ref.slice('#/$defs/'.length)]
    : (defs[ref] ?? Object.values(defs).find((candidate) => candidate.$id === ref));
  if (found === undefined) throw new Error(`unknown $ref ${ref}`);
  return found;
}

export function validate(value: unknown, root: Schema): Fault[] {
  const faults: Fault[] = [];
  walk(value, root, '', root, faults);
  return faults;
}

export const isValid = (value: unknown, schema: Schema, root: Schema): boolean => {
  const faults: Fault[] = [];
  walk(value, schema, '', root, faults);
  return faults.length === 0;
};

function walk(
  value: unknown,
  schema: Schema | boolean,
  pointer: string,
  root: Schema,
  faults: Fault[],
): void {
  if (schema === true) return;
  if (schema === false) {
    faults.push({ pointer, keyword: 'false', schema: {} });
    return;
  }
  const fail = (keyword: string, at = pointer, of: Schema = schema) =>
    faults.push({ pointer: at, keyword, schema: of });
  const fits = (candidate: Schema | boolean): boolean => {
    const found: Fault[] = [];
    walk(value, candidate, pointer, root, found);
    return found.length === 0;
  };

  if (schema.$ref !== undefined) walk(value, resolve(schema, root), pointer, root, faults);
  if (schema.type !== undefined) {
    const types = typeof schema.type === 'string' ? [schema.type] : schema.type;
    if (!types.some((type) => typeFits(value, type))) {
      fail('type');
      return;
    }
  }
  if ('const' in schema && !same(value, schema.const)) fail('const');
  if (schema.enum !== undefined && !schema.enum.some((one) => same(one, value))) fail('enum');
  if (schema.oneOf !== undefined && schema.oneOf.filter(fits).length !== 1) fail('oneOf');
  if (schema.anyOf !== undefined && !schema.anyOf.some(fits)) fail('anyOf');
  if (schema.not !== undefined && fits(schema.not)) fail('not');
  for (const part of schema.allOf ?? []) walk(value, part, pointer, root, faults);
  if (schema.if !== undefined) {
    const branch = fits(schema.if) ? schema.then : schema.else;
    if (branch !== undefined) walk(value, branch, pointer, root, faults);
  }

  if (typeof value === 'string') walkText(value, schema, fail);
  if (typeof value === 'number') {
    if (schema.minimum !== undefined && value < schema.minimum) fail('minimum');
    if (schema.maximum !== undefined && value > schema.maximum) fail('maximum');
  }
  if (Array.isArray(value)) {
    if (schema.minItems !== undefined && value.length < schema.minItems) fail('minItems');
    if (schema.maxItems !== undefined && value.length > schema.maxItems) fail('maxItems');
    if (
      schema.uniqueItems === true &&
      new Set(value.map((v) => JSON.stringify(v))).size < value.length
    ) {
      fail('uniqueItems');
    }
    const { contains, items } = schema;
    if (contains !== undefined && !value.some((item) => isValid(item, contains, root))) {
      fail('contains');
    }
    if (items !== undefined) {
      value.forEach((item, index) => walk(item, items, `${pointer}/${index}`, root, faults));
    }
  }
  if (isRecord(value)) {
    if (schema.minProperties !== undefined && Object.keys(value).length < schema.minProperties) {
      fail('minProperties');
    }
    for (const name of schema.required ?? []) {
      if (value[name] === undefined) fail('required', `${pointer}/${escapePointer(name)}`);
    }
    for (const [name, item] of Object.entries(value)) {
      if (item === undefined) continue;
      const at = `${pointer}/${escapePointer(name)}`;
      const known = schema.properties?.[name];
      if (known !== undefined) walk(item, known, at, root, faults);
      else if (schema.additionalProperties === false) fail('additionalProperties', at);
    }
  }
}

function walkText(text: string, schema: Schema, fail: (keyword: string) => void): void {
  // JSON Schema counts code points, so a rare kanji or a variation selector counts as one.
  const length = [...text].length;
  if (schema.minLength !== undefined && length < schema.minLength) fail('minLength');
  if (schema.maxLength !== undefined && length > schema.maxLength) fail('maxLength');
  if (schema.pattern !== undefined && !new RegExp(schema.pattern, 'u').test(text)) fail('pattern');
  if (schema.format === 'date' && !isDate(text)) fail('format');
}
