import type {
  ArrayFieldItemTemplateProps,
  ArrayFieldTemplateProps,
  FieldTemplateProps,
  ObjectFieldTemplateProps,
} from '@rjsf/utils';
import type { ReactNode } from 'react';
import type { Section } from '../../types';
import { Button } from '../../ui/button';
import type { Frame } from '../ui-schema';
import { contextOf } from './context';

const frameOf = (props: FieldTemplateProps): Frame =>
  (props.uiSchema?.['ui:options']?.frame as Frame | undefined) ?? 'label';

function Marks({ required }: { readonly required: boolean | undefined }) {
  return required ? <span className="required">必須</span> : null;
}

function Errors({
  id,
  errors,
}: {
  readonly id: string;
  readonly errors: readonly string[] | undefined;
}) {
  if (errors === undefined || errors.length === 0) return null;
  return (
    <p className="field-error" id={`${id}__error`}>
      {errors.join(' ')}
    </p>
  );
}

const OF_RECORD = /^root_([0-9A-Za-z]+)$/;

/** Beside a part of the record that was copied from an earlier one: to be confirmed or changed. */
function Copied(props: FieldTemplateProps) {
  const { copied, confirm } = contextOf(props);
  const name = OF_RECORD.exec(props.id)?.[1];
  if (name === undefined || !copied.has(name)) return null;
  return (
    <p className="copied">
      <span>前回から写した内容です。</span>
      <Button
        look="text"
        aria-label={`「${props.label}」はこのままでよい`}
        onClick={() => confirm(name)}
      >
        このままでよい
      </Button>
    </p>
  );
}

export function Field(props: FieldTemplateProps) {
  const { id, label, required, schema, rawErrors, hidden, children } = props;
  if (hidden) return null;
  const copied = <Copied {...props} />;
  const frame = frameOf(props);
  const failed = (rawErrors?.length ?? 0) > 0 ? ' field-failed' : '';
  const help = schema.description && (
    <p className="field-help" id={`${id}__help`}>
      {schema.description}
    </p>
  );
  const errors = <Errors id={id} errors={rawErrors} />;
  if (frame === 'none') {
    return (
      <div className={`field-block${failed}`}>
        {copied}
        {children}
        {errors}
      </div>
    );
  }
  if (frame === 'group') {
    return (
      <fieldset
        className={`field${failed}`}
        id={id}
        aria-describedby={schema.description ? `${id}__help` : undefined}
      >
        <legend className="field-label">
          {label}
          <Marks required={required} />
        </legend>
        {help}
        {copied}
        {errors}
        {children}
      </fieldset>
    );
  }
  return (
    <div className={`field${failed}`}>
      <label className="field-label" htmlFor={id}>
        {label}
        <Marks required={required} />
      </label>
      {help}
      {copied}
      {errors}
      {children}
    </div>
  );
}

export function ObjectFields(props: ObjectFieldTemplateProps) {
  if (props.fieldPathId.path.length === 0) return <Sections {...props} />;
  const fields = props.properties.map((property) => property.content);
  if (props.uiSchema?.['ui:options']?.item === true) return <>{fields}</>;
  const asked = props.schema.required ?? [];
  const folds = contextOf(props).brief && props.required === true && asked.length > 0;
  return (
    <fieldset className="fieldset" id={props.fieldPathId.$id}>
      <legend className="fieldset-title">
        {props.title}
        <Marks required={props.required && asked.length === 0} />
      </legend>
      {props.schema.description && <p className="field-help">{props.schema.description}</p>}
      {folds ? <Folded {...props} asked={asked} /> : fields}
    </fieldset>
  );
}

/** What must be filled in of an object, and all else of it folded. */
function Folded(props: ObjectFieldTemplateProps & { readonly asked: readonly string[] }) {
  const must = props.properties.filter(({ name }) => props.asked.includes(name));
  const rest = props.properties.filter(({ name }) => !props.asked.includes(name));
  return (
    <>
      {must.map(({ content }) => content)}
      {rest.length > 0 && (
        <details className="more-fields">
          <summary>
            <span className="link-like">{props.title}のほかの欄</span>
            <span className="optional">任意</span>
          </summary>
          {rest.map(({ content }) => content)}
        </details>
      )}
    </>
  );
}

function Sections(props: ObjectFieldTemplateProps) {
  const { first, later, opened, told } = contextOf(props);
  const fieldsOf = (section: Section): ReactNode[] =>
    section.properties.flatMap((name) =>
      props.properties.filter((property) => property.name === name).map(({ content }) => content),
    );
  return (
    <>
      {first.map((section) => {
        const fields = fieldsOf(section);
        if (section.told !== undefined && fields.length > 0) {
          return (
            <details key={section.key} className="told">
              <summary>
                <span>
                  {section.title}：{told.get(section.key)}
                </span>
                <span className="link-like">変える</span>
              </summary>
              {fields}
            </details>
          );
        }
        return fields.length === 0 ? null : (
          <section key={section.key} className="section" aria-labelledby={`section-${section.key}`}>
            <h2 id={`section-${section.key}`} className="section-title">
              {section.title}
            </h2>
            {fields}
          </section>
        );
      })}
      {later.map((section) => {
        const fields = fieldsOf(section);
        return fields.length === 0 ? null : (
          <details
            key={section.key}
            className="section"
            open={opened.has(section.key) || undefined}
          >
            <summary className="section-title">
              <h2>{section.title}</h2>
              <span className="optional">任意</span>
            </summary>
            {fields}
          </details>
        );
      })}
    </>
  );
}

export function List(props: ArrayFieldTemplateProps) {
  const { fieldPathId, title, schema, items, canAdd, onAddClick, required } = props;
  const id = fieldPathId.$id;
  return (
    <fieldset className="fieldset" id={id}>
      <legend className="fieldset-title">
        {title}
        <Marks required={required} />
      </legend>
      {schema.description && <p className="field-help">{schema.description}</p>}
      {items}
      {canAdd && (
        <Button onClick={onAddClick} aria-label={`${title}を追加`}>
          ＋ 追加
        </Button>
      )}
    </fieldset>
  );
}

export function ListItem(props: ArrayFieldItemTemplateProps) {
  const { children, index, buttonsProps, schema } = props;
  const name = `${schema.title ?? ''} ${index + 1}`;
  return (
    <fieldset className="item">
      <legend className="item-title">{name}</legend>
      {children}
      {buttonsProps.hasRemove && (
        <Button look="text" onClick={buttonsProps.onRemoveItem} aria-label={`${name}を削除`}>
          削除
        </Button>
      )}
    </fieldset>
  );
}
