import { useCallback, useId, useState } from 'react';
import { createRecord, currentVersion, townSettings } from '../../../api';
import { Problem } from '../../../http';
import type { Me } from '../../../types';
import { useAttemptKey, useSingle } from '../../../ui/attempt';
import { Button } from '../../../ui/button';
import { Failure, useLoad } from '../../../ui/load';

const FORM = 'emergency-access';
/** the longest that the API takes */
const HOURS = 3;
const HOUR_MS = 3_600_000;
/** Roles of the municipality's own office: nobody else may. */
const OFFICE: ReadonlySet<string> = new Set(['manager', 'officer']);

interface OfferProps {
  readonly caseId: string;
  readonly me: Me;
  readonly onOpened: () => void;
}

interface Props extends OfferProps {
  /** why the case could not be opened */
  readonly error: unknown;
}

/**
 * 緊急閲覧, where a case is not shown to somebody of the office and the town allows it. Offered the
 * same whether or not there is such a case: it tells nothing.
 */
export function BreakGlass(props: Props) {
  const { error } = props;
  return error instanceof Problem && error.status === 404 ? <EmergencyOffer {...props} /> : null;
}

/** Also where a case is shown in part: whoever is not in charge of it sees no more. */
export function EmergencyOffer(props: OfferProps) {
  return OFFICE.has(props.me.role) ? <Offer {...props} /> : null;
}

function Offer({ caseId, me, onOpened }: OfferProps) {
  const id = useId();
  const [reason, setReason] = useState('');
  const [asked, setAsked] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const [busy, single] = useSingle();
  const keyOf = useAttemptKey();
  const [settings] = useLoad(useCallback(() => townSettings(), []));
  if (settings.state !== 'ready' || !settings.value.switches.emergencyAccess) return null;

  const missing = reason.trim() === '';
  const go = () =>
    single(async () => {
      setAsked(true);
      setFailure(null);
      if (missing) {
        document.getElementById(`${id}-reason`)?.focus();
        return;
      }
      try {
        const now = Date.now();
        const data = {
          staffId: me.staffId,
          reason,
          from: new Date(now).toISOString(),
          to: new Date(now + HOURS * HOUR_MS).toISOString(),
        };
        const formVersion = await currentVersion(FORM);
        await createRecord(caseId, FORM, { formVersion, data }, keyOf(reason));
        onOpened();
      } catch (error) {
        setFailure(error);
      }
    });
  return (
    <details className="section">
      <summary className="section-title">
        <h2>緊急閲覧をする</h2>
      </summary>
      <p>
        命や安全にかかわり、ふつうの手続きを待てないときだけ使います。{HOURS}
        時間だけ見られます。見たことと理由は管理者に知らされ、後で確かめられます。会議の記録と秘匿区画は見られません。
      </p>
      <div className="field">
        <label className="field-label" htmlFor={`${id}-reason`}>
          理由<span className="required">必須</span>
        </label>
        {asked && missing && (
          <p className="field-error" id={`${id}-error`}>
            理由を記入してください。
          </p>
        )}
        <textarea
          id={`${id}-reason`}
          className="input textarea"
          rows={3}
          maxLength={1000}
          value={reason}
          aria-required
          aria-invalid={(asked && missing) || undefined}
          aria-describedby={asked && missing ? `${id}-error` : undefined}
          onChange={(event) => setReason(event.target.value)}
        />
      </div>
      {failure !== null && <Failure error={failure} />}
      <div className="actions">
        <Button look="solid" busy={busy} onClick={() => void go()}>
          理由を残して、{HOURS}時間だけ見る
        </Button>
      </div>
    </details>
  );
}
