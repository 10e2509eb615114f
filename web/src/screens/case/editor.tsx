import { useCallback, useEffect, useRef, useState } from 'react';
import type { Written } from '../../api';
import { checkRecord, fromApi, inFormOrder, stillStands, type Remark } from '../../form/faults';
import { differences, merged, sameRecord, type Choice, type Difference } from '../../form/merge';
import { omitEmpty } from '../../form/omit-empty';
import { valueAt } from '../../form/pointer';
import { RecordForm } from '../../form/record-form';
import { fit, settle } from '../../form/shape';
import { Problem } from '../../http';
import type { Route } from '../../router';
import type { Agency, Data, FormRecord, NotMyNumber, Schema } from '../../types';
import { useAttemptKey, useSingle } from '../../ui/attempt';
import { Button } from '../../ui/button';
import { Dialog } from '../../ui/dialog';
import { explain } from '../../ui/messages';
import { Notice } from '../../ui/notice';
import { letGo, useUnsaved } from '../../unsaved';
import { Conflict } from './conflict';
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
  readonly agencies: readonly Agency[];
  readonly base: Base;
  /** what the form opens with, where that is not the base */
  readonly start?: Data;
  readonly fixed: readonly string[];
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

export function Editor(props: Props) {
  const { form, formVersion, agencies, save, fetchTheirs } = props;
  const [data, setData] = useState<Data>(props.start ?? props.base.data);
  const [base, setBase] = useState(props.base);
  const [remarks, setRemarks] = useState<readonly Remark[]>([]);
  const [attempt, setAttempt] = useState(0);
  const [suspected, setSuspected] = useState<readonly Remark[]>([]);
  const [statements, setStatements] = useState<readonly Statement[]>([]);
  const [failure, setFailure] = useState<unknown>(null);
  const [clash, setClash] = useState<Clash | null>(null);
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
  const dirty = !sameRecord(omitEmpty(kept), base.data);
  const [leaving, stay] = useUnsaved(dirty, props.staysOpen);
  const standing = inFormOrder(
    remarks.filter((remark) => stillStands(remark, data)),
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
      const found = checkRecord(record, form);
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
    if (earlier === null || sameRecord(earlier.body.data, body.data)) return on;
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
      <RecordForm
        form={form}
        data={data}
        onChange={change}
        remarks={standing}
        agencies={agencies}
        fixed={props.fixed}
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
          <span className="save-state">{dirty ? '保存していない入力があります' : ''}</span>
        </div>
      </div>
      {clash !== null && (
        <Conflict
          form={form}
          agencies={agencies}
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
          onDiscard={leaving ?? props.onCancel}
        />
      )}
    </div>
  );
}

function Discard({ onStay, onDiscard }: Record<'onStay' | 'onDiscard', () => void>) {
  return (
    <Dialog title="保存していない入力があります" onCancel={onStay}>
      <p>このまま離れると、入力した内容は消えます。</p>
      <div className="actions">
        <Button look="solid" onClick={onStay}>
          編集を続ける
        </Button>
        <Button onClick={onDiscard}>入力を消して離れる</Button>
      </div>
    </Dialog>
  );
}
