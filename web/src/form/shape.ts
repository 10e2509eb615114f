/**
 * What of a form applies to a record as it stands: the branches of `if` that hold are merged in, so
 * that the form shows the right fields and marks. Rendering needs `required` and which properties
 * are shut (`false`); all else of a branch is for the validator.
 */
import type { Data, Schema, Section } from '../types';
import { isValid, resolve } from './validate';

interface Conditional {
  readonly if: Schema;
  readonly then?: Schema;
  readonly else?: Schema;
}

function conditionals(schema: Schema): Conditional[] {
  return [schema, ...(schema.allOf ?? [])].filter(
    (s): s is Schema & Conditional => s.if !== undefined,
  );
}

function merge(schema: Schema, branch: Schema): Schema {
  // A list or a text gets no properties of an object, or it would be entered like one.
  if (schema.properties === undefined) return mergedItems(schema, branch);
  const properties: Record<string, Schema | boolean> = { ...schema.properties };
  for (const [name, change] of Object.entries(branch.properties ?? {})) {
    const known = properties[name];
    if (change === false) properties[name] = false;
    else if (typeof change === 'object' && typeof known === 'object')
      properties[name] = merge(known, change);
  }
  const merged: Schema = {
    ...schema,
    properties,
    required: [...new Set([...(schema.required ?? []), ...(branch.required ?? [])])],
  };
  return mergedItems(merged, branch);
}

const mergedItems = (schema: Schema, branch: Schema): Schema =>
  schema.items !== undefined && branch.items !== undefined
    ? { ...schema, items: merge(schema.items, branch.items) }
    : schema;

/** A condition on a required answer that is not given yet: neither branch is asked for so far. */
function isUndecided(condition: Conditional, schema: Schema, data: Data): boolean {
  const asked = condition.if.required ?? [];
  return (
    asked.length > 0 &&
    asked.every((name) => schema.required?.includes(name) && data[name] === undefined)
  );
}

function shutBy(branch: Schema | undefined): Schema {
  const shut = Object.entries(branch?.properties ?? {}).filter(([, s]) => s === false);
  return { properties: Object.fromEntries(shut) };
}

/** A property with its reference followed; the words beside the field are the property's alone. */
function own(schema: Schema, root: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  const { $ref: _, ...said } = schema;
  const { description: _ofList, ...shared } = resolve(schema, root);
  return { ...shared, ...said };
}

/** The schema of `data` (already without empty values): references resolved, branches merged in. */
export function settle(schema: Schema, data: unknown, root: Schema): Schema {
  let settled = own(schema, root);
  const base = settled;
  const record = (typeof data === 'object' && data !== null ? data : {}) as Data;
  for (const condition of conditionals(base)) {
    if (isUndecided(condition, base, record)) {
      settled = merge(merge(settled, shutBy(condition.then)), shutBy(condition.else));
    } else {
      const branch = isValid(record, condition.if, root) ? condition.then : condition.else;
      if (branch !== undefined) settled = merge(settled, branch);
    }
  }
  const { allOf: _allOf, if: _if, then: _then, else: _else, ...plain } = settled;
  const properties = Object.fromEntries(
    Object.entries(plain.properties ?? {})
      .filter((entry): entry is [string, Schema] => typeof entry[1] === 'object')
      .map(([name, property]) => {
        const inner = settle(property, record[name], root);
        // Nothing inside an optional object is asked for until somebody begins it.
        const asked = plain.required?.includes(name) === true || record[name] !== undefined;
        return [name, asked ? inner : { ...inner, required: [] }];
      }),
  );
  return {
    ...plain,
    ...(plain.properties === undefined ? {} : { properties }),
    ...(plain.items === undefined ? {} : { items: settle(plain.items, undefined, root) }),
  };
}

/** The part of a record that its settled schema has room for, and the titles of what falls out. */
export function fit(data: Data, settled: Schema, full: Schema): { kept: Data; dropped: string[] } {
  const dropped: string[] = [];
  const kept = strip(data, settled, full, dropped) as Data;
  return { kept, dropped };
}

function strip(value: unknown, settled: Schema, full: Schema, dropped: string[]): unknown {
  if (Array.isArray(value) && settled.items !== undefined && full.items !== undefined) {
    const { items } = settled;
    const fullItems = full.items;
    return value.map((item) => strip(item, items, fullItems, dropped));
  }
  if (typeof value !== 'object' || value === null || settled.properties === undefined) return value;
  const kept: Data = {};
  for (const [name, item] of Object.entries(value)) {
    const property = settled.properties[name];
    const known = full.properties?.[name];
    if (typeof property === 'object') {
      kept[name] = strip(item, property, typeof known === 'object' ? known : property, dropped);
    } else if (typeof known === 'object') {
      const title = known.title ?? name;
      if (!dropped.includes(title)) dropped.push(title);
    } else {
      kept[name] = item;
    }
  }
  return kept;
}

export interface Arranged {
  readonly first: readonly Section[];
  readonly later: readonly Section[];
}

/**
 * Sections that must be filled in come first and stand open; the others follow, folded. Judged by
 * the form, not by the record, so that no section moves while somebody writes. `brief`: of the
 * first sections only what must be filled in stands open; the rest of each follows, folded.
 */
export function arrange(form: Schema, brief = false): Arranged {
  const asked = new Set(form.required ?? []);
  for (const { if: condition, then, else: otherwise } of conditionals(form)) {
    const onAnswer = (condition.required ?? []).every((name) => form.required?.includes(name));
    for (const name of (onAnswer ? then?.required : undefined) ?? []) asked.add(name);
    for (const name of otherwise?.required ?? []) asked.add(name);
  }
  const sections = form['x-sections'] ?? [];
  const mustFill = (section: Section) => section.properties.some((name) => asked.has(name));
  const first = sections.filter(mustFill);
  if (!brief) return { first, later: sections.filter((s) => !mustFill(s)) };
  // The most pressing concern is chosen among the concerns, in one control.
  if (asked.has('concerns')) asked.add('topConcern');
  const part = (section: Section, must: boolean): readonly string[] =>
    section.properties.filter((name) => asked.has(name) === must);
  return {
    first: first.map((s) => ({ ...s, properties: part(s, true) })),
    later: sections
      .map((s) =>
        mustFill(s)
          ? { key: `${s.key}-more`, title: `${s.title}（ほかの欄）`, properties: part(s, false) }
          : s,
      )
      .filter(({ properties }) => properties.length > 0),
  };
}
