import { useCallback, useState } from 'react';
import { codeLabels, getRecord, getSharing } from '../../../api';
import { casePath, recordPath } from '../../../router';
import type { CaseResource, FormRecord, Me } from '../../../types';
import { Button } from '../../../ui/button';
import { useLatest } from '../../../ui/latest';
import { Show, useLoad } from '../../../ui/load';
import { Notice } from '../../../ui/notice';
import { Slip } from '../../../ui/slip';
import { Term } from '../../../ui/term';
import { formatDate } from '../../../wareki';
import { Explained } from './explain';
import { personName, readConsents, readNames, stateOf, type Names } from './sharing';
import { Signature } from './signature';
import { Withdraw } from './withdraw';

interface Props {
  readonly me: Me;
  readonly resource: CaseResource;
  readonly consentId: string;
  readonly refresh: () => Promise<void>;
}

const KEEP =
  'この控えは、あなたが持っておくものです。同意をやめたいときは、いつでも職員に言ってください。';

/** One consent: its receipt for the person, the signature, and its withdrawal. */
export function OneConsent({ me, resource, consentId, refresh }: Props) {
  const { caseId } = resource;
  // Read anew when something came of it here, not whenever the case is read.
  const now = useLatest({ me, resource });
  const load = useCallback(async () => {
    const [names, sharing, consent, records, methods] = await Promise.all([
      readNames(now.current.resource, now.current.me),
      getSharing(caseId),
      getRecord(caseId, consentId),
      readConsents(caseId),
      codeLabels('consent-method'),
    ]);
    return { names, sharing, consent, methods, ...records };
  }, [caseId, consentId, now]);
  const [loaded, retry] = useLoad(load);
  const [news, setNews] = useState<string | null>(null);
  const [withdrawing, setWithdrawing] = useState(false);
  return (
    <>
      <p className="no-print">
        <a href={casePath(caseId, 'sharing')}>だれが見られるかに戻る</a>
      </p>
      {news !== null && <Notice kind="success" title={news} />}
      <Show loaded={loaded} retry={retry}>
        {({ names, sharing, consent, withdrawals, methods }) => {
          const state = stateOf(consent, withdrawals, sharing);
          const live = sharing.liveConsents.includes(consentId);
          return withdrawing ? (
            <Withdraw
              me={me}
              resource={resource}
              consent={consent}
              names={names}
              onDone={() => {
                setWithdrawing(false);
                setNews('撤回を記録し、共有を止めました');
                retry();
                void refresh();
              }}
              onCancel={() => setWithdrawing(false)}
            />
          ) : (
            <>
              <h2>
                {personName(names, consent.data.personId)}の同意（{state}）
              </h2>
              <div className="actions no-print">
                {live && resource.can.addForms.includes('consent-withdrawal') && (
                  <Button onClick={() => setWithdrawing(true)}>撤回の申出を受けた</Button>
                )}
                <a className="button button-outline" href={recordPath(caseId, consentId)}>
                  記録の全体を見る
                </a>
                <Term name="withdrawal" />
              </div>
              <Receipt
                consent={consent}
                names={names}
                methods={methods}
                town={me.municipality.name}
                withdrawn={state.startsWith('撤回') ? state : null}
              />
              {resource.can.addForms.includes('consent') && (
                <Signature caseId={caseId} consent={consent} onSaved={() => void refresh()} />
              )}
            </>
          );
        }}
      </Show>
    </>
  );
}

interface ReceiptProps {
  readonly consent: FormRecord;
  readonly names: Names;
  readonly methods: ReadonlyMap<string, string>;
  readonly town: string;
  readonly withdrawn: string | null;
}

/** What the person takes home. It says what they agreed to, and nothing else of the case. */
function Receipt({ consent, names, methods, town, withdrawn }: ReceiptProps) {
  const { data } = consent;
  return (
    <Slip title="情報の共有についての同意の控え" warning={KEEP}>
      {withdrawn !== null && (
        <p>
          <strong>この同意は{withdrawn}されています。いまは共有していません。</strong>
        </p>
      )}
      <p>
        {personName(names, data.personId)}　　{formatDate(String(data.date))}に同意（
        {methods.get(String(data.method)) ?? String(data.method)}）
      </p>
      <Explained data={data} agencies={names.agencies} town={town} />
      <p>
        説明した人：{String(data.explainer ?? '')}（{formatDate(String(data.explainedOn ?? ''))}）
      </p>
      <p className="signature-line print-only">署名（紙でいただくとき）</p>
    </Slip>
  );
}
