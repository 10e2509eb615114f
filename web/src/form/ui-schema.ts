import type { UiSchema } from '@rjsf/utils';
import { isRowNumber } from './row-numbers';
import type { Schema } from '../types';
import { namedBy } from './choices';
import { isPartialDate } from './describe';

/** Few options are shown at once; more go into a list to choose from. */
const RADIO_LIMIT = 7;

export type Frame = 'label' | 'group' | 'none';

/** How each property is entered. `frame` tells the field template what holds the control together. */
export function uiSchemaOf(schema: Schema): UiSchema {
  const own = control(schema);
  const nested: UiSchema = {};
  if (own['ui:field'] === undefined) {
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      if (typeof property === 'object') nested[name] = uiSchemaOf(property);
    }
    if (nested.concerns !== undefined && nested.topConcern !== undefined) {
      // ○ and ◎ are one control, as on paper.
      nested.concerns['ui:widget'] = 'Concerns';
      nested.topConcern = { 'ui:widget': 'hidden' };
    }
    if (schema.items !== undefined && own['ui:widget'] === undefined) {
      nested.items = { ...uiSchemaOf(schema.items), 'ui:options': { frame: 'none', item: true } };
    }
  }
  return { ...own, ...nested };
}

function control(schema: Schema): UiSchema {
  const framed = (frame: Frame): UiSchema => ({ 'ui:options': { frame } });
  if (schema.properties !== undefined) {
    return isPartialDate(schema)
      ? { ...framed('group'), 'ui:field': 'PartialDate' }
      : framed('none');
  }
  if (schema.type === 'array') {
    if (namedBy(schema) !== undefined) {
      return { ...framed('group'), 'ui:widget': 'OfferedMany' };
    }
    return schema.items?.oneOf === undefined
      ? framed('none')
      : { ...framed('group'), 'ui:widget': 'Codes' };
  }
  if (schema.type === 'boolean') return { ...framed('group'), 'ui:widget': 'Tick' };
  if (schema.type === 'integer' || schema.type === 'number') return framed('label');
  if (isRowNumber(schema)) return { 'ui:widget': 'hidden' };
  if (namedBy(schema) !== undefined) return { ...framed('label'), 'ui:widget': 'Offered' };
  if (schema.oneOf !== undefined) {
    return schema.oneOf.length <= RADIO_LIMIT
      ? { ...framed('group'), 'ui:widget': 'Radio' }
      : { ...framed('label'), 'ui:widget': 'Select' };
  }
  if (schema.format === 'date') return { ...framed('group'), 'ui:widget': 'Date' };
  if (schema['x-multiline'] === true) return { ...framed('label'), 'ui:widget': 'Lines' };
  return { ...framed('label'), 'ui:widget': 'Line' };
}
