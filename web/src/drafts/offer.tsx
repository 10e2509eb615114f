import { useCallback, useEffect, useState } from 'react';
import { dropDraft, getDraft } from '../api';
import type { Draft, DraftHead, DraftPlace } from '../types';
import { useSingle } from '../ui/attempt';
import { Button } from '../ui/button';
import { Failure } from '../ui/load';
import { Notice } from '../ui/notice';
import { hasUnsaved } from '../unsaved';
import { formatMoment } from '../wareki';
import { isAt } from './draft';
import { draftsChanged, draftsHere } from './here';

interface Props extends DraftPlace {
  /** whichever case was chosen in the text itself */
  readonly anyCase?: boolean;
  readonly onContinue: (draft: Draft) => Promise<void> | void;
}

/** What this person began to write at this place before; nothing where there is none. */
export function DraftOffer(props: Props) {
  const { caseId, form, recordId, anyCase = false, onContinue } = props;
  const [found, setFound] = useState<readonly DraftHead[]>([]);
  const [failure, setFailure] = useState<unknown>(null);
  const [blocked, setBlocked] = useState(false);
  const [busy, single] = useSingle();
  const load = useCallback(async () => {
    const items = await draftsHere();
    setFound(
      items.filter((draft) =>
        isAt(draft, { caseId: anyCase ? draft.caseId : caseId, form, recordId }),
      ),
    );
  }, [anyCase, caseId, form, recordId]);
  useEffect(() => {
    // Whoever cannot be offered what they began still writes.
    load().catch(() => undefined);
  }, [load]);
  const draft = found[0];
  if (draft === undefined) return null;

  const run = (action: () => Promise<void>) =>
    void single(async () => {
      setFailure(null);
      try {
        await action();
      } catch (error) {
        setFailure(error);
      }
    });
  return (
    <Notice kind="info" title={`${formatMoment(draft.savedAt)} の書きかけがあります`}>
      <p>あなただけに見えています。まだ記録にはなっていません。</p>
      {blocked && (
        <p role="alert">
          いま入力している内容があります。先に保存するか、「やめる」で消してから開いてください。
        </p>
      )}
      {failure !== null && <Failure error={failure} />}
      <div className="actions">
        <Button
          look="solid"
          busy={busy}
          onClick={() => {
            setBlocked(hasUnsaved());
            if (!hasUnsaved()) {
              run(async () => {
                await onContinue(await getDraft(draft.draftId));
                setFound([]);
              });
            }
          }}
        >
          続きから書く
        </Button>
        <Button
          busy={busy}
          onClick={() =>
            run(async () => {
              await dropDraft(draft.draftId);
              draftsChanged();
              setFound((all) => all.filter((other) => other !== draft));
            })
          }
        >
          書きかけを捨てる
        </Button>
      </div>
    </Notice>
  );
}
