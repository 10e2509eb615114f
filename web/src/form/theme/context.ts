import type { WidgetProps } from '@rjsf/utils';
import type { Section } from '../../types';
import type { Choices } from '../choices';

/** What the fields need to know besides their own value. */
export interface FormContext {
  readonly choices: Choices;
  readonly first: readonly Section[];
  readonly later: readonly Section[];
  /** sections that stood open when the form was opened, because they hold something */
  readonly opened: ReadonlySet<string>;
  /** what sections that stand as one line say, by key */
  readonly told: ReadonlyMap<string, string>;
  /** shows at first only what must be filled in */
  readonly brief: boolean;
  /** properties that still hold what an earlier record held, and that nobody confirmed */
  readonly copied: ReadonlySet<string>;
  readonly confirm: (name: string) => void;
  readonly topConcern: string | undefined;
  readonly setTopConcern: (code: string | undefined) => void;
}

export const contextOf = (props: Pick<WidgetProps, 'registry'>): FormContext =>
  props.registry.formContext as FormContext;

/** Ties a control to its help and its error for screen readers; the ids are the field template's. */
export function described(id: string, help: unknown, errors: readonly string[] | undefined) {
  const failed = errors !== undefined && errors.length > 0;
  const ids = [help ? `${id}__help` : '', failed ? `${id}__error` : ''].filter((s) => s !== '');
  return {
    'aria-describedby': ids.length === 0 ? undefined : ids.join(' '),
    'aria-invalid': failed || undefined,
  };
}
