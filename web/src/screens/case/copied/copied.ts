/** What was copied from an earlier record, until somebody confirmed or changed it. Pure. */
import { titleOf } from '../../../form/describe';
import type { Remark } from '../../../form/faults';
import { sameRecord } from '../../../form/merge';
import type { Data, Schema } from '../../../types';

export const NOT_CONFIRMED =
  '前回から写した内容です。いまも同じなら「このままでよい」を押し、違うなら書き直してください。';

/** Never copied: it is this record's own. */
const OWN: ReadonlySet<string> = new Set(['date', 'assessedBy', 'participants']);

/** What of an earlier record a new one may begin with. */
export const worthCopying = (data: Data, form: Schema): Data =>
  Object.fromEntries(
    Object.entries(data).filter(
      ([name]) => !OWN.has(name) && typeof form.properties?.[name] === 'object',
    ),
  );

/** The properties that stand as they were copied and that nobody confirmed. */
export const stillCopied = (
  copied: Data | undefined,
  data: Data,
  confirmed: readonly string[],
): readonly string[] =>
  Object.entries(copied ?? {})
    .filter(
      ([name, value]) => !confirmed.includes(name) && sameRecord({ value }, { value: data[name] }),
    )
    .map(([name]) => name);

export const copiedRemarks = (
  copied: ReadonlySet<string>,
  record: Data,
  form: Schema,
): readonly Remark[] =>
  [...copied].map((name) => ({
    pointer: `/${name}`,
    title: titleOf(`/${name}`, form),
    message: NOT_CONFIRMED,
    about: record[name],
  }));

/** A remark on something copied goes as soon as it is confirmed. */
export const isConfirmed = ({ pointer, message }: Remark, copied: ReadonlySet<string>): boolean =>
  message === NOT_CONFIRMED && !copied.has(pointer.slice(1));
