import { useCallback } from 'react';
import { codeLabels, getGenogram, getRecord, listAgencies, listRecords } from '../../../api';
import { INTAKE, recordPath } from '../../../router';
import type { CaseResource, Data, Me } from '../../../types';
import { Show, useLoad } from '../../../ui/load';
import { Candidates } from './candidates';
import { EcoMapFigure } from './ecomap-figure';
import { GenogramFigure, household } from './genogram';
import './household.css';
import { outsideOf } from './outside';
import { today } from './words';

const LEDGER = 'household';
const SHEET = 'assessment-household';

async function read(resource: CaseResource) {
  const { caseId, records } = resource;
  const has = (form: string): boolean => records.some((record) => record.form === form);
  const dataOf = async (recordId: string): Promise<Data | undefined> =>
    has(recordId) ? (await getRecord(caseId, recordId)).data : undefined;
  const [genogram, ledger, intake, sheets, agencies, agencyKinds, roles] = await Promise.all([
    getGenogram(caseId),
    getRecord(caseId, LEDGER),
    dataOf(INTAKE),
    has(SHEET) ? listRecords(caseId, SHEET, null) : null,
    listAgencies(),
    codeLabels('agency-kind'),
    codeLabels('member-kind'),
  ]);
  const outside = outsideOf({
    resource,
    genogram,
    assessment: sheets?.items[0]?.data,
    intake,
    agencyNames: new Map(agencies.map(({ agencyId, name }) => [agencyId, name])),
    agencyKinds,
    roles,
    today: today(),
  });
  return { genogram, outside, persons: (ledger.data.persons ?? []) as readonly Data[] };
}

interface Props {
  readonly resource: CaseResource;
  readonly me: Me;
}

/** The household as social workers draw it, from what this person is shown of it. */
export default function Household({ resource, me }: Props) {
  const load = useCallback(() => read(resource), [resource]);
  const [loaded, retry] = useLoad(load);
  const { caseId, records } = resource;
  const mayWrite = records.some(({ recordId, mayWrite }) => recordId === LEDGER && mayWrite);
  return (
    <Show loaded={loaded} retry={retry}>
      {({ genogram, outside, persons }) => (
        <>
          <section className="section" aria-labelledby="genogram">
            <h2 id="genogram" className="section-title">
              ジェノグラム（世帯と親族）
            </h2>
            {genogram.nodes.length < 2 && (
              <p>
                世帯の台帳に載っているのは一人です。
                {mayWrite && '家族や親族を書き加えると、ここに図ができます。'}
              </p>
            )}
            <GenogramFigure genogram={genogram} />
            <p className="no-print">
              <a href={recordPath(caseId, LEDGER)}>
                {mayWrite ? '世帯の台帳を開いて直す' : '世帯の台帳を開く'}
              </a>
            </p>
          </section>
          <section className="section" aria-labelledby="ecomap">
            <h2 id="ecomap" className="section-title">
              エコマップ（世帯とつながり）
            </h2>
            {outside.length === 0 ? (
              <p className="empty">表示できるつながりの記録はまだありません。</p>
            ) : (
              <EcoMapFigure people={household(genogram)} outside={outside} />
            )}
            <p className="field-help">
              つながりは「アセスメントシート1」のいちばん新しい記録と、加わる機関、受付票から描きます。
            </p>
          </section>
          {me.can.createCase && <Candidates caseId={caseId} persons={persons} />}
        </>
      )}
    </Show>
  );
}
