import { useCallback, useEffect, useRef, useState } from 'react';
import { createRecord, currentVersion, offeredForm, putRecord } from '../../../api';
import { checkRecord, inFormOrder, stillStands, type Remark } from '../../../form/faults';
import { omitEmpty } from '../../../form/omit-empty';
import { picked } from '../../../form/picked';
import { RecordForm } from '../../../form/record-form';
import { casePath, consentPath, navigate } from '../../../router';
import type { CaseResource, Data, Me, Schema } from '../../../types';
import { Button } from '../../../ui/button';
import { useLatest } from '../../../ui/latest';
import { Show, useLoad } from '../../../ui/load';
import { Term } from '../../../ui/term';
import { useUnsaved } from '../../../unsaved';
import { choicesOf } from '../choices-of';
import { Discard } from '../../../ui/discard';
import { Editor } from '../editor';
import { ErrorSummary } from '../error-summary';
import { Explain } from './explain';
import { readNames } from './sharing';

// What is explained and agreed to; then how, when and before whom it was.
const SCOPE = [
  'personId',
  'kinds',
  'agencies',
  'agencyRoles',
  'classes',
  'taxData',
  'purpose',
  'limits',
  'to',
];
const GIVEN = [
  'explainer',
  'explainedOn',
  'rulesVersion',
  'rulesGivenOn',
  'method',
  'date',
  'from',
  'evidence',
  'capacityNote',
  'proxy',
];
// How many of them are of the explanation.
const EXPLAINED = 4;
const FORM = 'consent';
const NONE: readonly string[] = [];
const NOTHING: Data = {};
const never = () => false;

interface Props {
  readonly me: Me;
  readonly resource: CaseResource;
  readonly refresh: () => Promise<void>;
}

/** A consent in three steps: what it is to cover, explaining that to the person, recording it. */
export function NewConsent({ me, resource, refresh }: Props) {
  const who = useLatest(me);
  const load = useCallback(async () => {
    const [version, form, names] = await Promise.all([
      currentVersion(FORM),
      offeredForm(FORM),
      readNames(resource, who.current),
    ]);
    return { version, form, names, choices: await choicesOf(form, resource, who.current) };
  }, [resource, who]);
  const [loaded, retry] = useLoad(load);
  const [scope, setScope] = useState<Data>(NOTHING);
  const [step, setStep] = useState<'scope' | 'given'>('scope');
  const made = useRef<string | null>(null);
  const { caseId } = resource;
  const back = () => navigate(casePath(caseId, 'sharing'));
  // The scope is typed text too while the second step is on the screen.
  const begun = step === 'given' && Object.keys(omitEmpty(scope)).length > 0;
  const [leaving, stay] = useUnsaved(begun, never);
  return (
    <>
      {leaving !== null && <Discard onStay={stay} onDiscard={leaving} />}
      <Show loaded={loaded} retry={retry}>
        {({ version, form, names, choices }) =>
          step === 'scope' ? (
            <Scope
              form={picked(form, SCOPE)}
              choices={choices}
              data={scope}
              onChange={setScope}
              names={names}
              town={me.municipality.name}
              onAgreed={() => setStep('given')}
              onCancel={back}
            />
          ) : (
            <>
              <h2>2. 同意を記録する</h2>
              <p>
                説明したとおりの範囲で記録します。範囲を変えるときは、前に戻ってもう一度説明してください。
                代理人による同意は、<Term name="proxy">代理できる人</Term>
                かどうかを確かめてください。
              </p>
              <div className="actions">
                <Button onClick={() => setStep('scope')}>範囲と説明に戻る</Button>
              </div>
              <Editor
                form={inSteps(picked(form, GIVEN))}
                formVersion={version}
                choices={choices}
                base={{ data: NOTHING, revision: null }}
                fixed={NONE}
                save={async (revision, written, key) => {
                  const content = { ...written, data: { ...omitEmpty(scope), ...written.data } };
                  const saved =
                    revision === null || made.current === null
                      ? await createRecord(caseId, FORM, content, key)
                      : await putRecord(caseId, made.current, revision, content, key);
                  made.current = saved.recordId;
                  const done = () => {
                    navigate(consentPath(caseId, saved.recordId));
                    void refresh();
                  };
                  return { revision: saved.revision, done };
                }}
                staysOpen={never}
                onCancel={back}
              />
            </>
          )
        }
      </Show>
    </>
  );
}

/** The explanation, then what was given and from when on: the order in which it happens. */
const inSteps = (form: Schema): Schema => ({
  ...form,
  'x-sections': [
    { key: 'explanation', title: '説明', properties: GIVEN.slice(0, EXPLAINED) },
    { key: 'given', title: '同意', properties: GIVEN.slice(EXPLAINED) },
  ].map((section) => ({
    ...section,
    properties: section.properties.filter((name) => form.properties?.[name] !== undefined),
  })),
});

interface ScopeProps {
  readonly form: Parameters<typeof RecordForm>[0]['form'];
  readonly choices: Parameters<typeof RecordForm>[0]['choices'];
  readonly data: Data;
  readonly onChange: (data: Data) => void;
  readonly names: Awaited<ReturnType<typeof readNames>>;
  readonly town: string;
  readonly onAgreed: () => void;
  readonly onCancel: () => void;
}

function Scope(props: ScopeProps) {
  const { form, choices, data, onChange, names, town, onAgreed, onCancel } = props;
  const [remarks, setRemarks] = useState<readonly Remark[]>([]);
  const [attempt, setAttempt] = useState(0);
  const [explaining, setExplaining] = useState(false);
  const [refused, setRefused] = useState(false);
  const [leaving, stay] = useUnsaved(Object.keys(omitEmpty(data)).length > 0, never);
  const refusedAt = useRef<HTMLDivElement>(null);
  useEffect(() => refusedAt.current?.focus(), [refused]);
  const standing = inFormOrder(
    remarks.filter((remark) => stillStands(remark, data)),
    form,
  );

  /** Goes on when what is to be explained is complete. */
  const whole = (next: () => void) => {
    const record = omitEmpty(data);
    const found = [...checkRecord(record, form), ...withoutRecipient(record)];
    setRemarks(found);
    setAttempt((n) => n + 1);
    if (found.length === 0) next();
  };
  return (
    <>
      <h2>1. 範囲を決めて、本人に説明する</h2>
      <p>
        だれに、<Term name="classes">どの情報</Term>
        を、何のために、いつまで見せるかを本人と決めます。画面はそのまま本人への説明になります。
        <Term name="no-disadvantage" />
        ことを、必ず伝えてください。
      </p>
      <ErrorSummary remarks={standing} attempt={attempt} />
      <RecordForm
        form={form}
        data={data}
        onChange={onChange}
        remarks={standing}
        choices={choices}
        fixed={NONE}
      />
      <div className="actions">
        <Button look="solid" onClick={() => whole(() => setExplaining(true))}>
          本人に見せる画面を開く
        </Button>
        <Button onClick={() => whole(onAgreed)}>同意が得られた：記録へ進む</Button>
        <Button onClick={() => setRefused(true)}>同意が得られなかった</Button>
        <Button look="text" onClick={onCancel}>
          やめる
        </Button>
      </div>
      {refused && (
        <div
          ref={refusedAt}
          tabIndex={-1}
          className="notice"
          role="region"
          aria-label="同意が得られなかったとき"
        >
          <p className="notice-title">同意が得られなかったとき</p>
          <p>
            共有は行いません。相談と支援は、いまの機関で続けられます。聞き取った本人の言葉は「支援の経過」に残してください。
          </p>
          <p>
            命や生活に差し迫った心配があるときは、市町村の主管課が
            <Term name="shien-kaigi" />
            で扱うかどうかを、本人の意思と比べて判断します。
          </p>
        </div>
      )}
      {explaining && (
        <Explain
          data={omitEmpty(data)}
          agencies={names.agencies}
          town={town}
          onClose={() => setExplaining(false)}
        />
      )}
      {leaving !== null && <Discard onStay={stay} onDiscard={leaving} />}
    </>
  );
}

const isListed = (value: unknown): boolean => Array.isArray(value) && value.length > 0;

/** A consent to share names somebody to share with: the API says so too, but only when saving. */
function withoutRecipient(record: Data): Remark[] {
  const kinds = Array.isArray(record.kinds) ? record.kinds : [];
  const shares = kinds.includes('sharing') || kinds.includes('meeting');
  if (!shares || isListed(record.agencies) || isListed(record.agencyRoles)) return [];
  const message = '情報を共有する機関か、機関の立場を選んでください。';
  return [{ pointer: '/agencies', title: '共有してよい機関', message, about: record.agencies }];
}
