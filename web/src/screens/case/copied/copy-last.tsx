import { useState } from 'react';
import { currentVersion, getRecord, offeredForm } from '../../../api';
import type { CaseResource, Data } from '../../../types';
import { useSingle } from '../../../ui/attempt';
import { Button } from '../../../ui/button';
import { Failure } from '../../../ui/load';
import { hasUnsaved } from '../../../unsaved';
import { formatMoment } from '../../../wareki';
import { worthCopying } from './copied';

/** Sheets that are filled in again and again, mostly with the same. */
const AGAIN = 'assessment-';

interface Props {
  readonly resource: CaseResource;
  readonly form: string;
  readonly onCopy: (data: Data) => void;
}

/** Offers to begin with what the last record of the form said. */
export function CopyLast({ resource, form, onCopy }: Props) {
  const [failure, setFailure] = useState<unknown>(null);
  const [typed, setTyped] = useState(false);
  const [busy, single] = useSingle();
  const last = resource.records.find((record) => record.form === form);
  if (!form.startsWith(AGAIN) || last === undefined) return null;
  const copy = () =>
    single(async () => {
      setFailure(null);
      setTyped(hasUnsaved());
      if (hasUnsaved()) return;
      try {
        const version = await currentVersion(form);
        const [{ data }, offered] = await Promise.all([
          getRecord(resource.caseId, last.recordId, version),
          offeredForm(form),
        ]);
        onCopy(worthCopying(data, offered));
      } catch (error) {
        setFailure(error);
      }
    });
  return (
    <div className="field">
      <div className="actions">
        <Button busy={busy} onClick={() => void copy()}>
          前回（{formatMoment(last.createdAt)}）の内容を写して始める
        </Button>
      </div>
      <div role="status">
        {typed && (
          <p className="field-error">
            書きかけの内容があります。写すと消えるので、先に保存するか、書いた内容を消してください。
          </p>
        )}
      </div>
      {failure !== null && <Failure error={failure} />}
    </div>
  );
}
