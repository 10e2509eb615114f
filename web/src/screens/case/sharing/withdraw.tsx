import { useCallback, useState } from 'react';
import { createRecord, currentVersion, getSharing, offeredForm } from '../../../api';
import { checkRecord, fromApi, inFormOrder, stillStands, type Remark } from '../../../form/faults';
import { NO_CHOICES } from '../../../form/choices';
import { omitEmpty } from '../../../form/omit-empty';
import { picked } from '../../../form/picked';
import { RecordForm } from '../../../form/record-form';
import { Problem } from '../../../http';
import type { CaseResource, Data, FormRecord, Me, Schema, Sharing } from '../../../types';
import { useAttemptKey, useSingle } from '../../../ui/attempt';
import { Button } from '../../../ui/button';
import { Dialog } from '../../../ui/dialog';
import { Failure, Show, useLoad } from '../../../ui/load';
import { letGo, useUnsaved } from '../../../unsaved';
import { Discard } from '../../../ui/discard';
import { ErrorSummary } from '../error-summary';
import { personName, whatWords, whoWords, type Names } from './sharing';

const FORM = 'consent-withdrawal';
const NAMES = ['date', 'reason', 'receivedBy', 'method'];
const NONE: readonly string[] = [];
const never = () => false;

interface Props {
  readonly me: Me;
  readonly resource: CaseResource;
  readonly consent: FormRecord;
  readonly names: Names;
  readonly onDone: () => void;
  readonly onCancel: () => void;
}

/** A withdrawal: when it was said and why; one confirmation names who loses what; then it acts. */
export function Withdraw(props: Props) {
  const load = useCallback(async () => {
    const [version, form] = await Promise.all([currentVersion(FORM), offeredForm(FORM)]);
    return { version, form: picked(form, NAMES) };
  }, []);
  const [loaded, retry] = useLoad(load);
  return (
    <Show loaded={loaded} retry={retry}>
      {({ version, form }) => <Writing {...props} version={version} form={form} />}
    </Show>
  );
}

interface WritingProps extends Props {
  readonly version: string;
  readonly form: Schema;
}

function Writing(props: WritingProps) {
  const { me, resource, consent, names, version, form, onDone, onCancel } = props;
  const { caseId } = resource;
  const [data, setData] = useState<Data>({ receivedBy: me.displayName });
  const [remarks, setRemarks] = useState<readonly Remark[]>([]);
  const [attempt, setAttempt] = useState(0);
  const [ending, setEnding] = useState<Sharing | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const [busy, single] = useSingle();
  const keyOf = useAttemptKey();
  const dirty = Object.keys(omitEmpty(data)).some((name) => name !== 'receivedBy');
  const [leaving, stay] = useUnsaved(dirty, never);
  const standing = inFormOrder(
    remarks.filter((remark) => stillStands(remark, data)),
    form,
  );
  const refuse = (found: readonly Remark[]) => {
    setRemarks(found);
    setAttempt((n) => n + 1);
  };

  const ask = () =>
    single(async () => {
      setFailure(null);
      const found = checkRecord(omitEmpty(data), form);
      refuse(found);
      if (found.length > 0) return;
      try {
        setEnding(await getSharing(caseId, consent.recordId));
      } catch (error) {
        setFailure(error);
      }
    });
  const withdraw = () =>
    single(async () => {
      setFailure(null);
      const record = { ...omitEmpty(data), consentId: consent.recordId };
      const written = { formVersion: version, data: record };
      try {
        await createRecord(caseId, FORM, written, keyOf(written));
        letGo();
        onDone();
      } catch (error) {
        if (error instanceof Problem && error.errors.length > 0) {
          setEnding(null);
          refuse(fromApi(error.errors, record, form));
        } else {
          setFailure(error);
        }
      }
    });

  return (
    <>
      <h2>{personName(names, consent.data.personId)}の同意の撤回</h2>
      <p>
        撤回に理由は要りません。聞いた人がだれでも記録できます。記録すると、その時から共有が止まります（申出の日が前の日でも同じです）。
      </p>
      <ErrorSummary remarks={standing} attempt={attempt} />
      <RecordForm
        form={form}
        data={data}
        onChange={setData}
        remarks={standing}
        choices={NO_CHOICES}
        fixed={NONE}
      />
      {failure !== null && ending === null && <Failure error={failure} />}
      <div className="actions">
        <Button look="solid" busy={busy && ending === null} onClick={() => void ask()}>
          止まる共有を確かめる
        </Button>
        <Button onClick={onCancel}>やめる</Button>
      </div>
      {ending !== null && (
        <Dialog title="この共有が止まります" onCancel={() => setEnding(null)}>
          <Ending ending={ending} names={names} />
          {failure !== null && <Failure error={failure} />}
          <div className="actions">
            <Button look="solid" busy={busy} onClick={() => void withdraw()}>
              撤回を記録し、共有を止める
            </Button>
            <Button onClick={() => setEnding(null)}>戻る</Button>
          </div>
        </Dialog>
      )}
      {leaving !== null && <Discard onStay={stay} onDiscard={leaving} />}
    </>
  );
}

/** Who loses what, as the rules themselves answer. */
function Ending({ ending, names }: { readonly ending: Sharing; readonly names: Names }) {
  const lost = ending.lost ?? [];
  const hidden = ending.lostCase ?? [];
  return (
    <>
      {lost.length === 0 ? (
        <p>
          いま、この同意だけを根拠に見ている人はいません。撤回は記録され、今後も共有されません。
        </p>
      ) : (
        <ul className="summary" aria-label="見られなくなるもの">
          {lost.map((sight, at) => (
            <li key={at}>
              <strong>{whoWords(sight)}</strong>：
              {sight.personIds.map((id) => personName(names, id)).join('、')}の
              {whatWords(sight, names)}
            </li>
          ))}
        </ul>
      )}
      {hidden.length > 0 && (
        <p>
          {hidden.map(({ agencyName }) => agencyName).join('、')}
          には、このケースがあることも見えなくなります。
        </p>
      )}
      <p>
        自分の機関が書いた記録は、その機関に残ります。記録は消えず、ケースの状態も変わりません。
      </p>
    </>
  );
}
