import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { Written } from '../../api';
import { changesOf } from '../../drafts/draft';
import { useDraft, type DraftState } from '../../drafts/use-draft';
import { checkRecord, fromApi, inFormOrder, stillStands, type Remark } from '../../form/faults';
import { differences, merged, sameRecord, type Choice, type Difference } from '../../form/merge';
import { omitEmpty } from '../../form/omit-empty';
import { valueAt } from '../../form/pointer';
import { RecordForm } from '../../form/record-form';
import { fit, settle } from '../../form/shape';
import { Problem } from '../../http';
import type { Route } from '../../router';
import type { Choices } from '../../form/choices';
import type { Data, DraftPlace, FormRecord, NotMyNumber, Schema } from '../../types';
import { useAttemptKey, useSingle } from '../../ui/attempt';
import { Button } from '../../ui/button';
import { Discard } from '../../ui/discard';
import { explain } from '../../ui/messages';
import { Notice } from '../../ui/notice';
import { letGo, useUnsaved } from '../../unsaved';
import { formatMoment } from '../../wareki';
import { About, namedAbout, takesAbout } from './about/about';
import { Conflict } from './conflict';
import { CopiedNotice } from './copied/copied-notice';
import { copiedRemarks, isConfirmed, stillCopied } from './copied/copied';
import { ErrorSummary } from './error-summary';
import { MyNumber } from './my-number';

/** What somebody typed and then did not choose in a conflict. */
export interface SetAside {
  readonly name: string;
  readonly value: unknown;
}

interface Base {
  readonly data: Data;
  /** null: nothing is saved yet */
  readonly revision: number | null;
  readonly about?: FormRecord['about'];
}

export interface Outcome {
  readonly revision: number;
  /** shows what was saved */
  readonly done: () => void;
}

/** An attempt whose answer never came: the API may have saved it or not. */
interface Open {
  readonly revision: number | null;
  readonly body: Written;
  readonly key: string;
}

interface Props {
  readonly form: Schema;
  readonly formVersion: string;
  readonly choices: Choices;
  readonly base: Base;
  /** what the form opens with, where that is not the base */
  readonly start?: Data;
  /** what of it an earlier record said: to be confirmed or changed before it is saved */
  readonly copied?: Data;
  /** shows at first only what must be filled in */
  readonly brief?: boolean;
  readonly fixed: readonly string[];
  /** where the text is kept while it is not saved; absent: nowhere */
  readonly place?: DraftPlace;
  /** the draft that is being continued */
  readonly draftId?: string | null;
  /** whom it was about in that draft, where that was changed */
  readonly startAbout?: readonly string[] | null;
  readonly save: (revision: number | null, written: Written, key: string) => Promise<Outcome>;
  readonly fetchTheirs?: () => Promise<FormRecord>;
  readonly onTheirs?: (record: FormRecord) => void;
  readonly onSetAside?: (items: readonly SetAside[]) => void;
  readonly staysOpen: (next: Route) => boolean;
  readonly onCancel: () => void;
}

interface Clash {
  readonly theirs: FormRecord;
  readonly found: readonly Difference[];
}

interface Statement extends NotMyNumber {
  readonly about: unknown;
}

/**
 * The API looked at the attempt and refused it; otherwise (no answer, `outcome-unknown`, turned
 * away at the door) the fate of the attempt, or of an earlier one under its key, is unknown.
 */
const isAnswered = (error: unknown): boolean =>
  error instanceof Problem && error.status < 500 && error.status !== 429;

const mayBeSaved = (error: unknown): boolean =>
  !(error instanceof Problem) || error.slug === 'outcome-unknown';

const sameContent = (a: Written, b: Written): boolean =>
  sameRecord({ data: a.data, about: a.about }, { data: b.data, about: b.about });

export function Editor(props: Props) {
  const { form, formVersion, choices, save, fetchTheirs } = props;
  const [data, setData] = useState<Data>(props.start ?? props.base.data);
  const [base, setBase] = useState(props.base);
  const [remarks, setRemarks] = useState<readonly Remark[]>([]);
  const [attempt, setAttempt] = useState(0);
  const [suspected, setSuspected] = useState<readonly Remark[]>([]);
  const [statements, setStatements] = useState<readonly Statement[]>([]);
  const [failure, setFailure] = useState<unknown>(null);
  const [clash, setClash] = useState<Clash | null>(null);
  const people = takesAbout(form) ? (choices.persons ?? []) : [];
  const [aboutFirst] = useState(() => namedAbout(props.base.about, people));
  const [about, setAbout] = useState(props.startAbout ?? aboutFirst);
  const aboutChanged = about.join() !== aboutFirst.join();
  const [confirmed, setConfirmed] = useState<readonly string[]>([]);
  const [cancelling, setCancelling] = useState(false);
  const [busy, single] = useSingle();
  const keyOf = useAttemptKey();
  const open = useRef<Open | null>(null);
  const root = useRef<HTMLDivElement>(null);
  // Whoever pressed "edit" is in the form now, not at a button that is gone.
  useEffect(() => {
    if (props.base.revision !== null) root.current?.focus();
  }, [props.base.revision]);

  const written = omitEmpty(data);
  const { kept, dropped } = fit(written, settle(form, written, form), form);
  const dirty = aboutChanged || !sameRecord(omitEmpty(kept), base.data);
  const [leaving, stay] = useUnsaved(dirty, props.staysOpen);
  const copiedNames = stillCopied(props.copied, data, confirmed).join();
  const copied = useMemo(
    () => new Set(copiedNames === '' ? [] : copiedNames.split(',')),
    [copiedNames],
  );
  const confirm = useCallback((name: string) => setConfirmed((had) => [...had, name]), []);
  const changes = changesOf(base.data, written);
  const draft = useDraft(
    // What was copied and not confirmed would come back as if somebody had written it.
    copied.size > 0 ? null : (props.place ?? null),
    changes && {
      formVersion,
      baseRevision: base.revision,
      ...changes,
      about: aboutChanged ? about : null,
    },
    props.draftId ?? null,
  );
  const standing = inFormOrder(
    remarks.filter((remark) => stillStands(remark, data) && !isConfirmed(remark, copied)),
    form,
  );
  const places = suspected.filter((remark) => stillStands(remark, data));

  const refuse = (found: readonly Remark[]) => {
    setRemarks(found);
    setAttempt((n) => n + 1);
  };

  const store = (content: Data, on: Base, stated: readonly Statement[]): Promise<void> =>
    single(async () => {
      setFailure(null);
      setSuspected([]);
      setData(content);
      const full = omitEmpty(content);
      const record = omitEmpty(fit(full, settle(form, full, form), form).kept);
      const found = [...checkRecord(record, form), ...copiedRemarks(copied, record, form)];
      if (found.length > 0) {
        refuse(found);
        return;
      }
      setRemarks([]);
      const notMyNumber = stated
        .filter(({ pointer, about }) => valueAt(record, pointer) === about)
        .map(({ pointer, reason }) => ({ pointer, reason }));
      const body: Written = {
        formVersion,
        data: record,
        ...(aboutChanged ? { about: { ...props.base.about, '': about } } : {}),
        ...(notMyNumber.length === 0 ? {} : { notMyNumber }),
      };
      let at = on;
      try {
        at = await settleOpen(on, body);
        const attempt = { revision: at.revision, body, key: keyOf([at.revision, body]) };
        open.current = attempt;
        const { done } = await save(attempt.revision, attempt.body, attempt.key);
        open.current = null;
        letGo();
        draft.drop();
        done();
      } catch (error) {
        if (isAnswered(error)) open.current = null;
        await refused(error, record, at);
      }
    });

  /**
   * Other text was typed after an attempt whose answer got lost: that attempt is brought to its
   * end first, so that this one continues it instead of standing beside it.
   */
  const settleOpen = async (on: Base, body: Written): Promise<Base> => {
    const earlier = open.current;
    if (earlier === null || sameContent(earlier.body, body)) return on;
    try {
      const { revision } = await save(earlier.revision, earlier.body, earlier.key);
      open.current = null;
      const settled = { data: earlier.body.data, revision };
      setBase(settled);
      return settled;
    } catch (error) {
      if (!isAnswered(error)) throw error;
      return on;
    }
  };

  const refused = async (error: unknown, record: Data, on: Base) => {
    if (!(error instanceof Problem)) {
      setFailure(error);
    } else if (error.status === 412 && fetchTheirs !== undefined) {
      try {
        const theirs = await fetchTheirs();
        const order = (form['x-sections'] ?? []).flatMap((section) => section.properties);
        const found = differences(on.data, record, theirs.data, order);
        if (found.length === 0) {
          letGo();
          draft.drop();
          props.onTheirs?.(theirs);
        } else {
          setClash({ theirs, found });
        }
      } catch (unreachable) {
        setFailure(unreachable);
      }
    } else if (error.slug === 'my-number-suspected') {
      setSuspected(fromApi(error.errors, record, form));
    } else if (error.status === 422 && error.errors.length > 0) {
      refuse(fromApi(error.errors, record, form));
    } else {
      setFailure(error);
    }
  };

  const resolve = ({ theirs, found }: Clash, choices: ReadonlyMap<string, Choice>) => {
    const on = { data: theirs.data, revision: theirs.revision };
    props.onSetAside?.(
      found
        .filter((d) => d.changedBy !== 'them' && choices.get(d.name) === 'theirs')
        .map(({ name, mine }) => ({ name, value: mine })),
    );
    setClash(null);
    setBase(on);
    const content = merged(theirs.data, found, choices);
    // Nothing of one's own is left to save: no revision without a change.
    if (sameRecord(content, theirs.data)) {
      letGo();
      draft.drop();
      props.onTheirs?.(theirs);
    } else {
      void store(content, on, statements);
    }
  };

  const saveNow = () => store(written, base, statements);
  const latestSave = useRef(saveNow);
  latestSave.current = saveNow;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 's' || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      const covered = document.querySelector('dialog[open]') !== null;
      if (!covered && root.current?.offsetParent !== null) void latestSave.current();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);

  const change = useCallback((next: Data) => setData(next), []);
  const message = failure === null ? null : explain(failure);

  return (
    <div className="editor" ref={root} tabIndex={-1} role="group" aria-label={form.title}>
      <ErrorSummary remarks={standing} attempt={attempt} />
      {places.length > 0 && (
        <MyNumber
          key={places.map(({ pointer }) => pointer).join()}
          places={places}
          busy={busy}
          onStated={(given) => {
            const all = [
              ...statements.filter((old) => !given.some((one) => one.pointer === old.pointer)),
              ...given.map((one) => ({ ...one, about: valueAt(written, one.pointer) })),
            ];
            setStatements(all);
            void store(written, base, all);
          }}
        />
      )}
      {copied.size > 0 && (
        <CopiedNotice
          count={copied.size}
          onConfirm={() => setConfirmed([...confirmed, ...copied])}
        />
      )}
      {people.length > 1 && <About people={people} value={about} onChange={setAbout} />}
      <RecordForm
        form={form}
        data={data}
        onChange={change}
        remarks={standing}
        choices={choices}
        fixed={props.fixed}
        brief={props.brief ?? false}
        copied={copied}
        onConfirm={confirm}
      />
      {dropped.length > 0 && (
        <Notice kind="warning" title="いまの選び方では保存されない欄があります">
          <p>{dropped.join('、')}</p>
        </Notice>
      )}
      <div className="save-bar">
        <div className="save-bar-text" role="alert">
          {message !== null && (
            <>
              <strong>
                {mayBeSaved(failure) ? '保存できたか確かめられません。' : '保存できませんでした。'}
                {message.title}
              </strong>
              {message.text !== '' && <p>{message.text}</p>}
              <p>入力した内容はこの画面に残っています。</p>
            </>
          )}
        </div>
        <div className="actions">
          <Button look="solid" busy={busy} onClick={() => void saveNow()}>
            {failure === null ? '保存する' : 'もう一度保存する'}
          </Button>
          <Button onClick={() => (dirty ? setCancelling(true) : props.onCancel())}>やめる</Button>
          <span className="save-state">{dirty ? unsavedText(draft.state) : ''}</span>
        </div>
      </div>
      {clash !== null && (
        <Conflict
          form={form}
          choices={choices}
          theirs={clash.theirs}
          found={clash.found}
          onResolve={(choices) => resolve(clash, choices)}
          onBack={() => setClash(null)}
        />
      )}
      {(cancelling || leaving !== null) && (
        <Discard
          onStay={() => {
            setCancelling(false);
            stay();
          }}
          onKeep={
            props.place === undefined || draft.state.kind === 'failed'
              ? null
              : () => {
                  draft.flush();
                  letGo();
                  (leaving ?? props.onCancel)();
                }
          }
          onDiscard={() => {
            draft.drop();
            letGo();
            (leaving ?? props.onCancel)();
          }}
        />
      )}
    </div>
  );
}

/** Said beside the button that saves. */
export function unsavedText(state: DraftState): string {
  switch (state.kind) {
    case 'none':
      return '保存していない入力があります';
    case 'kept':
      return `まだ保存していません（${formatMoment(state.at)} に下書きを預けました）`;
    case 'failed':
      return state.error instanceof Problem && state.error.slug === 'my-number-suspected'
        ? 'まだ保存していません（個人番号の疑いがあるため、下書きは預けていません）'
        : 'まだ保存していません（いまは下書きを預けられません。内容はこの画面に残っています）';
  }
}
