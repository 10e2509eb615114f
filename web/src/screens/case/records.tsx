import { useCallback, useEffect, useRef, useState } from 'react';
import { createRecord, currentVersion, offeredForm, offeredForms, putRecord } from '../../api';
import { applied } from '../../drafts/draft';
import { DraftOffer } from '../../drafts/offer';
import { beginPath, casePath, navigate, recordPath } from '../../router';
import type { CaseResource, Data, Draft, Me, Schema, Settings } from '../../types';
import { useLatest } from '../../ui/latest';
import { Show, useLoad } from '../../ui/load';
import { TableHead } from '../../ui/table-head';
import { formatMoment } from '../../wareki';
import type { Choices } from '../../form/choices';
import { choicesOf } from './choices-of';
import { CopyLast } from './copied/copy-last';
import { Editor } from './editor';

const COLUMNS = ['記録', '書いた日時', '最後に保存した人'];

type Offered = Settings['forms'];

/** Records of a usual case, in the order in which they come. */
const USUAL = [
  'progress',
  'screening',
  'consent',
  'assessment-household',
  'assessment-living',
  'assessment-income',
  'assessment-issues',
  'issues',
  'plan',
  'decision',
  'evaluation',
  'closure',
  'handover',
];

/** Begun elsewhere: its times are the moment's. */
const OWN_SCREEN = ['emergency-access'];

function inParts(forms: Offered): { title: string; forms: Offered }[] {
  const usual = USUAL.flatMap((name) => forms.filter(({ form }) => form === name));
  const others = forms.filter(({ form }) => !USUAL.includes(form));
  return [
    { title: 'ふだんの記録', forms: usual },
    { title: 'ときどき使う記録', forms: others },
  ].filter((part) => part.forms.length > 0);
}

/** The table of contents of a case, and what may be added to it. */
export function Records({ resource }: { readonly resource: CaseResource }) {
  const load = useCallback(async () => {
    const forms = await offeredForms();
    return forms.filter(
      ({ form }) => resource.can.addForms.includes(form) && !OWN_SCREEN.includes(form),
    );
  }, [resource]);
  const [loaded, retry] = useLoad(load);
  return (
    <>
      <Show loaded={loaded} retry={retry}>
        {(forms) =>
          forms.length > 0 && (
            <details className="add-record">
              <summary className="button button-solid">記録を加える</summary>
              {inParts(forms).map((part) => (
                <ul key={part.title} className="add-record-list" aria-label={part.title}>
                  {part.forms.map(({ form, title }) => (
                    <li key={form}>
                      <a href={beginPath(resource.caseId, form)}>{title}</a>
                    </li>
                  ))}
                </ul>
              ))}
            </details>
          )
        }
      </Show>
      <table className="table" role="table">
        <TableHead columns={COLUMNS} />
        <tbody role="rowgroup">
          {resource.records.map((record) => (
            <tr key={record.recordId} role="row">
              <th role="rowheader" scope="row" data-title="記録">
                <a href={recordPath(resource.caseId, record.recordId)}>{record.title}</a>
              </th>
              <td role="cell" data-title="書いた日時" className="short">
                {formatMoment(record.createdAt)}
              </td>
              <td role="cell" data-title="最後に保存した人">
                {record.updatedBy.displayName}（{record.updatedBy.agencyName}）
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

const NONE: readonly string[] = [];
const NOTHING: Data = {};
const never = () => false;

interface BeginProps {
  readonly resource: CaseResource;
  readonly form: string;
  readonly me: Me;
  /** what is known of the new record without asking */
  readonly known: Data;
  /** what is known once something was looked up */
  readonly look?: () => Promise<(choices: Choices) => Data>;
  /** the form with its sections in another order */
  readonly arranged?: (form: Schema) => Schema;
  /** the field in which one begins to write */
  readonly focus?: string;
  readonly onSaved: (recordId: string) => void;
  readonly onCancel: () => void;
}

/** A new record of a form. */
export function Begin(props: BeginProps) {
  const { resource, form, me, look, arranged, focus, onSaved, onCancel } = props;
  const { caseId } = resource;
  const made = useRef<string | null>(null);
  const [draft, setDraft] = useState<Draft | null>(null);
  const [copy, setCopy] = useState<Data | null>(null);
  const who = useLatest(me);
  const from = useLatest(props.known);
  const load = useCallback(async () => {
    const [version, offered, seen] = await Promise.all([
      currentVersion(form),
      offeredForm(form),
      look?.(),
    ]);
    const schema = arranged?.(offered) ?? offered;
    const choices = await choicesOf(schema, resource, who.current);
    return { version, schema, choices, known: { ...from.current, ...seen?.(choices) } };
  }, [arranged, form, from, look, resource, who]);
  const [loaded, retry] = useLoad(load);
  useEffect(() => {
    if (loaded.state === 'ready' && focus !== undefined) {
      document.getElementById(`root_${focus}`)?.focus();
    }
  }, [loaded.state, focus]);
  return (
    <Show loaded={loaded} retry={retry}>
      {({ version, schema, choices, known }) => (
        <>
          <h2>{schema.title}</h2>
          <DraftOffer caseId={caseId} form={form} recordId={null} onContinue={setDraft} />
          {copy === null && draft === null && (
            <CopyLast resource={resource} form={form} onCopy={setCopy} />
          )}
          <Editor
            key={draft?.draftId ?? (copy === null ? 'new' : 'copied')}
            place={{ caseId, form, recordId: null }}
            draftId={draft?.draftId ?? null}
            {...startOf(known, draft, copy)}
            form={schema}
            formVersion={version}
            choices={choices}
            base={{ data: known, revision: null }}
            fixed={NONE}
            save={async (revision, written, key) => {
              // A revision means that an earlier attempt made the record after all.
              const saved =
                revision === null || made.current === null
                  ? await createRecord(caseId, form, written, key)
                  : await putRecord(caseId, made.current, revision, written, key);
              made.current = saved.recordId;
              return { revision: saved.revision, done: () => onSaved(saved.recordId) };
            }}
            staysOpen={never}
            onCancel={onCancel}
          />
        </>
      )}
    </Show>
  );
}

/** What a new record opens with: what one began to write, what the last one said, or what is known. */
function startOf(known: Data, draft: Draft | null, copy: Data | null) {
  if (draft !== null) return { start: applied(known, draft), startAbout: draft.about };
  return copy === null ? { start: known } : { start: { ...copy, ...known }, copied: copy };
}

/** The screen on which a record of any form is begun. */
export function BeginScreen(
  props: Omit<BeginProps, 'known' | 'look' | 'arranged' | 'focus' | 'onCancel'>,
) {
  const { caseId } = props.resource;
  return (
    <Begin {...props} known={NOTHING} onCancel={() => navigate(casePath(caseId, 'records'))} />
  );
}
