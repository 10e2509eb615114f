import { describe } from '../../form/describe';
import { fit, settle } from '../../form/shape';
import type { Choices } from '../../form/choices';
import type { Data, Schema } from '../../types';

interface Props {
  readonly form: Schema;
  readonly data: Data;
  readonly choices: Choices;
}

/** A record to read and to print: the fields that hold something, section by section. */
export function RecordView({ form, data, choices }: Props) {
  const shown = fit(data, settle(form, data, form), form).kept;
  return (
    <>
      {(form['x-sections'] ?? []).map((section) => {
        const names = section.properties.filter((name) => shown[name] !== undefined);
        if (names.length === 0) return null;
        return (
          <section key={section.key} className="section" aria-labelledby={`view-${section.key}`}>
            <h2 id={`view-${section.key}`} className="section-title">
              {section.title}
            </h2>
            <dl className="pairs">
              {names.map((name) => {
                const property = form.properties?.[name];
                const schema = typeof property === 'object' ? property : {};
                return (
                  <div key={name} className="pair">
                    <dt>{schema.title ?? name}</dt>
                    <dd>
                      {describe(shown[name], schema, form, choices).map((line, index) => (
                        <p key={index}>{line}</p>
                      ))}
                    </dd>
                  </div>
                );
              })}
            </dl>
          </section>
        );
      })}
    </>
  );
}
