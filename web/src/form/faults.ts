/** Faults of a record as messages beside its fields, whoever found them: the page or the API. */
import type { ErrorSchema } from '@rjsf/utils';
import type { FieldProblem } from '../http';
import type { Data, Schema } from '../types';
import { isPartialDate, titleOf } from './describe';
import { fromBody, pointerParts, valueAt } from './pointer';
import { escapePointer, resolve, validate, type Fault } from './validate';

export interface Remark {
  readonly pointer: string;
  readonly title: string;
  readonly message: string;
  /** what stood there when it was found wrong: the remark goes when this changes */
  readonly about: unknown;
}

const DATE = '年・月・日を確かめてください。実際にある日付を、年・月・日とも記入します。';
const PARTIAL_DATE =
  '年・月・日を確かめてください。実際にある日付を、年から順に分かるところまで記入します。';

function message({ keyword, schema }: Fault): string {
  // Its form is the page's business: nobody at the screen writes `2026-04-01`.
  if (schema.format === 'date' && keyword !== 'required') return DATE;
  const chosen = schema.oneOf !== undefined || schema.items !== undefined;
  switch (keyword) {
    case 'required':
    case 'minLength':
      return '記入してください。';
    case 'minItems':
      return `${schema.minItems}つ以上選んでください。`;
    case 'maxItems':
      return `${schema.maxItems}件までにしてください。`;
    case 'maxLength':
      return `${schema.maxLength}字までにしてください。`;
    case 'minimum':
      return `${schema.minimum}以上の数を記入してください。`;
    case 'maximum':
      return `${schema.maximum}以下の数を記入してください。`;
    case 'pattern':
      return schema['x-message'] ?? '記入のしかたを確かめてください。';
    case 'type':
      return schema.type === 'integer' || schema.type === 'number'
        ? '数字で記入してください。'
        : '記入してください。';
    case 'oneOf':
    case 'enum':
      return 'ひとつ選んでください。';
    case 'not':
      return '選んだものの中から、ひとつ選んでください。';
    case 'false':
    case 'additionalProperties':
      return 'この欄は、いまの選び方では保存できません。';
    default:
      return chosen ? '選び直してください。' : '記入を確かめてください。';
  }
}

interface Place {
  readonly pointer: string;
  /** the pointer led to a part of a date */
  readonly inDate: boolean;
  readonly schema: Schema;
}

/** Pulls a fault inside a date up to the date, which is one control. */
function place(pointer: string, root: Schema): Place {
  let schema: Schema = resolve(root, root);
  let at = '';
  for (const part of pointerParts(pointer)) {
    if (isPartialDate(schema)) return { pointer: at, inDate: true, schema };
    const next = schema.items ?? schema.properties?.[part];
    if (typeof next !== 'object') return { pointer, inDate: false, schema: {} };
    schema = resolve(next, root);
    at = `${at}/${part}`;
  }
  return { pointer, inDate: false, schema };
}

function distinct(remarks: readonly Remark[]): Remark[] {
  return remarks.filter(
    (remark, index) => remarks.findIndex((other) => other.pointer === remark.pointer) === index,
  );
}

/** An object nobody began is asked for by its own required fields: there is something to fill in. */
function unfold(fault: Fault, root: Schema): Fault[] {
  if (fault.keyword !== 'required') return [fault];
  let schema: Schema = root;
  for (const part of pointerParts(fault.pointer)) {
    const next: Schema | boolean | undefined =
      schema.items !== undefined && /^\d+$/.test(part) ? schema.items : schema.properties?.[part];
    if (typeof next !== 'object') return [fault];
    schema = resolve(next, root);
  }
  if (schema.properties === undefined || isPartialDate(schema)) return [fault];
  const missing = (schema.required ?? []).map((name) => ({
    ...fault,
    pointer: `${fault.pointer}/${escapePointer(name)}`,
  }));
  return missing.length === 0 ? [fault] : missing.flatMap((one) => unfold(one, root));
}

export function checkRecord(data: Data, form: Schema): Remark[] {
  const faults = validate(data, form).flatMap((fault) => unfold(fault, form));
  return distinct(
    faults.map((fault) => {
      const { pointer, inDate } = place(fault.pointer, form);
      return {
        pointer,
        title: titleOf(pointer, form),
        message: inDate ? PARTIAL_DATE : message(fault),
        about: valueAt(data, pointer),
      };
    }),
  );
}

/** The API's codes for a text that is no date; it has others for dates out of place. */
const MISSHAPEN: ReadonlySet<string> = new Set(['format', 'pattern', 'maxLength']);

export function fromApi(problems: readonly FieldProblem[], data: Data, form: Schema): Remark[] {
  return distinct(
    problems.map((problem) => {
      const { pointer, inDate, schema } = place(fromBody(problem.pointer), form);
      const misshapen = schema.format === 'date' && MISSHAPEN.has(problem.code);
      return {
        pointer,
        title: titleOf(pointer, form),
        message: inDate ? PARTIAL_DATE : misshapen ? DATE : problem.message,
        about: valueAt(data, pointer),
      };
    }),
  );
}

/** In the order of the form, so that the summary reads like the page. */
export function inFormOrder(remarks: readonly Remark[], form: Schema): Remark[] {
  const sections = form['x-sections'] ?? [];
  const order = sections.flatMap((section) => section.properties);
  const rank = (remark: Remark) => order.indexOf(pointerParts(remark.pointer)[0] ?? '');
  return [...remarks].sort((a, b) => rank(a) - rank(b));
}

export const stillStands = (remark: Remark, data: Data): boolean =>
  JSON.stringify(valueAt(data, remark.pointer)) === JSON.stringify(remark.about);

/** The tree that the form library hands down to the fields. */
export function toErrorSchema(remarks: readonly Remark[]): ErrorSchema {
  const tree: ErrorSchema = {};
  for (const { pointer, message: text } of remarks) {
    let node = tree as Record<string, ErrorSchema>;
    for (const part of pointerParts(pointer)) {
      node[part] ??= {};
      node = node[part] as Record<string, ErrorSchema>;
    }
    (node as ErrorSchema).__errors = [text];
  }
  return tree;
}
