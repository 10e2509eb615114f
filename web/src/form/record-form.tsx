// Not the package's front door: that one also pulls in a test helper and the compiling validator.
import Form from '@rjsf/core/lib/components/Form.js';
import type { RJSFSchema, TemplatesType, ValidatorType } from '@rjsf/utils';
import { useCallback, useMemo, useRef, useState } from 'react';
import type { Choices } from './choices';
import type { Data, Schema } from '../types';
import { toErrorSchema, type Remark } from './faults';
import { omitEmpty } from './omit-empty';
import { arrange, settle } from './shape';
import { Codes, Concerns, Offered, OfferedMany, Radio, Select, Tick } from './theme/choice';
import type { FormContext } from './theme/context';
import { DateEntry, PartialDateEntry } from './theme/date';
import { Field, List, ListItem, ObjectFields } from './theme/templates';
import { Line, Lines, NumberEntry } from './theme/text';
import { numbered } from './row-numbers';
import { withoutStrayAgencies } from './shared-with';
import { uiSchemaOf } from './ui-schema';
import { isValid } from './validate';

const WIDGETS = {
  Codes,
  Concerns,
  Date: DateEntry,
  Line,
  Lines,
  Offered,
  OfferedMany,
  Radio,
  Select,
  Tick,
};
const FIELDS = { PartialDate: PartialDateEntry, NumberField: NumberEntry };
const TEMPLATES: Partial<TemplatesType> = {
  FieldTemplate: Field,
  ObjectFieldTemplate: ObjectFields,
  ArrayFieldTemplate: List,
  ArrayFieldItemTemplate: ListItem,
};

/** The library only asks it which option of a choice fits; records are checked on saving. */
const VALIDATOR: ValidatorType = {
  isValid: (schema, data, root) => isValid(data, schema as Schema, root as Schema),
  validateFormData: () => ({ errors: [], errorSchema: {} }),
  rawValidation: () => ({}),
};

/** Nothing is filled in that nobody typed. */
const NO_DEFAULTS = {
  emptyObjectFields: 'skipDefaults',
  arrayMinItems: { populate: 'never' },
  constAsDefaults: 'never',
} as const;

interface Props {
  readonly form: Schema;
  readonly data: Data;
  readonly onChange: (data: Data) => void;
  readonly remarks: readonly Remark[];
  readonly choices: Choices;
  /** fields that may no longer be changed */
  readonly fixed: readonly string[];
  /** shows at first only what must be filled in */
  readonly brief?: boolean;
  /** properties that still hold what was copied and that nobody confirmed */
  readonly copied?: ReadonlySet<string>;
  readonly onConfirm?: (name: string) => void;
}

const NOTHING: ReadonlySet<string> = new Set();
const ignore = () => undefined;

const textOf = (schema: Schema): string => JSON.stringify(schema);

export function RecordForm(props: Props) {
  const { form, data, onChange, remarks, choices, fixed, brief = false, copied = NOTHING } = props;
  const confirm = props.onConfirm ?? ignore;
  // The library looks at schemas by value at every key: it gets the same object while nothing of
  // the shape changes.
  const settled = settle(form, omitEmpty(data), form);
  const kept = useRef(settled);
  if (textOf(kept.current) !== textOf(settled)) kept.current = settled;
  const shape = kept.current;
  const schema = useMemo(() => forLibrary(shape) as RJSFSchema, [shape]);
  const uiSchema = useMemo(() => {
    const ui = uiSchemaOf(shape);
    for (const name of fixed) ui[name] = { ...ui[name], 'ui:disabled': true };
    return ui;
  }, [shape, fixed]);
  const extraErrors = useMemo(() => toErrorSchema(remarks), [remarks]);
  const [layout] = useState(() => {
    const { first, later } = arrange(form, brief);
    const filled = later.filter((s) => s.properties.some((name) => data[name] !== undefined));
    return { first, later, opened: new Set(filled.map((section) => section.key)) };
  });

  const latest = useRef(data);
  latest.current = data;
  const setTopConcern = useCallback(
    (topConcern: string | undefined) => {
      latest.current = { ...latest.current, topConcern };
      onChange(latest.current);
    },
    [onChange],
  );
  const topConcern = typeof data.topConcern === 'string' ? data.topConcern : undefined;
  const lines = layout.first.flatMap(({ key, told }) =>
    told === undefined ? [] : [[key, told(data, choices)]],
  );
  const linesText = JSON.stringify(lines);
  const told = useMemo(() => new Map<string, string>(JSON.parse(linesText)), [linesText]);
  const formContext = useMemo<FormContext>(
    () => ({ ...layout, told, choices, brief, copied, confirm, topConcern, setTopConcern }),
    [layout, told, choices, brief, copied, confirm, topConcern, setTopConcern],
  );

  return (
    <Form
      tagName="div"
      className="record-form"
      schema={schema}
      uiSchema={uiSchema}
      formData={data}
      formContext={formContext}
      extraErrors={extraErrors}
      onChange={(event) => {
        latest.current = numbered(withoutStrays(event.formData as Data), form);
        onChange(latest.current);
      }}
      validator={VALIDATOR}
      widgets={WIDGETS}
      fields={FIELDS}
      templates={TEMPLATES}
      experimental_defaultFormStateBehavior={NO_DEFAULTS}
      noValidate
      showErrorList={false}
    >
      <></>
    </Form>
  );
}

const withoutStrays = (data: Data): Data => withoutStrayAgencies(withoutStrayTop(data));

/** A concern that is no longer ticked cannot be the most pressing one. */
function withoutStrayTop(data: Data): Data {
  const { topConcern, ...rest } = data;
  const ticked = Array.isArray(data.concerns) && data.concerns.includes(topConcern);
  return topConcern === undefined || ticked ? data : rest;
}

/** Without the keywords that only the validator needs; the library would act on some of them. */
function forLibrary(schema: Schema): Schema {
  const { $id: _id, $defs: _defs, minItems: _min, minProperties: _minP, ...rest } = schema;
  const properties = Object.fromEntries(
    Object.entries(schema.properties ?? {})
      .filter((entry): entry is [string, Schema] => typeof entry[1] === 'object')
      .map(([name, property]) => [name, forLibrary(property)]),
  );
  return {
    ...rest,
    ...(schema.properties === undefined ? {} : { properties }),
    ...(schema.items === undefined ? {} : { items: forLibrary(schema.items) }),
  };
}
