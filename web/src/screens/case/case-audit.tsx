import { ScreenHeading } from '../../ui/heading';
import { Audit } from './audit';

/** The trail of a case for an auditor, who is shown nothing else of it. */
export default function CaseAudit({ caseId }: { readonly caseId: string }) {
  return (
    <>
      <ScreenHeading>閲覧・変更の記録</ScreenHeading>
      <dl className="case-head">
        <div>
          <dt>ケース番号</dt>
          <dd>{caseId}</dd>
        </div>
      </dl>
      <Audit caseId={caseId} />
    </>
  );
}
