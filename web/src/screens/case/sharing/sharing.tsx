import { useCallback } from 'react';
import { codeLabels, getSharing, listAgencies, listRecords } from '../../../api';
import { consentPath, type Route } from '../../../router';
import type {
  Agency,
  CaseResource,
  Data,
  FormRecord,
  Me,
  Sharing as Shared,
  Sight,
} from '../../../types';
import { useLatest } from '../../../ui/latest';
import { Show, useLoad } from '../../../ui/load';
import { TableHead } from '../../../ui/table-head';
import { Term } from '../../../ui/term';
import { termOfBasis } from '../../../ui/terms';
import { formatDate } from '../../../wareki';
import type { Choice } from '../../../form/choices';
import { choicesOf } from '../choices-of';
import { NewConsent } from './consent-new';
import { OneConsent } from './consent-one';
import { recipients, untilWords } from './consent-words';
import './sharing.css';

interface Props {
  readonly me: Me;
  readonly resource: CaseResource;
  readonly route: Route & { readonly at: 'case' };
  readonly refresh: () => Promise<void>;
}

/** Who sees what of the case; its consents, their explanation, receipt and withdrawal. */
export default function Sharing({ me, resource, route, refresh }: Props) {
  const { caseId, recordId, begin } = route;
  if (begin !== undefined) {
    return resource.can.addForms.includes('consent') ? (
      <NewConsent me={me} resource={resource} refresh={refresh} />
    ) : (
      <p className="empty">表示できる記録がありません</p>
    );
  }
  if (recordId !== undefined) {
    return (
      <OneConsent
        key={recordId}
        me={me}
        resource={resource}
        consentId={recordId}
        refresh={refresh}
      />
    );
  }
  return <Overview key={caseId} me={me} resource={resource} />;
}

export interface Names {
  readonly persons: readonly Choice[];
  readonly agencies: readonly Agency[];
  readonly classes: ReadonlyMap<string, string>;
}

/** What persons, agencies and data classes are called here. */
export async function readNames(resource: CaseResource, me: Me): Promise<Names> {
  const [choices, agencies, classes] = await Promise.all([
    choicesOf({ 'x-choices': 'persons' }, resource, me),
    listAgencies(),
    codeLabels('data-class'),
  ]);
  return { persons: choices.persons ?? [], agencies, classes };
}

/** Every consent and withdrawal of the case that one may read. */
export async function readConsents(caseId: string): Promise<{
  readonly consents: readonly FormRecord[];
  readonly withdrawals: readonly FormRecord[];
}> {
  const [consents, withdrawals] = await Promise.all([
    listRecords(caseId, 'consent', null),
    listRecords(caseId, 'consent-withdrawal', null),
  ]);
  return { consents: consents.items, withdrawals: withdrawals.items };
}

function Overview({ me, resource }: { readonly me: Me; readonly resource: CaseResource }) {
  const who = useLatest(me);
  const load = useCallback(async () => {
    const [names, sharing, records] = await Promise.all([
      readNames(resource, who.current),
      getSharing(resource.caseId),
      readConsents(resource.caseId),
    ]);
    return { names, sharing, ...records };
  }, [resource, who]);
  const [loaded, retry] = useLoad(load);
  return (
    <Show loaded={loaded} retry={retry}>
      {({ names, sharing, consents, withdrawals }) => (
        <>
          <section className="section" aria-labelledby="sights">
            <h2 id="sights" className="section-title">
              だれが、何を、どの根拠で、いつまで見られるか
            </h2>
            <p>
              いまと、これから先に決まっている分です。あなたが見てよい記録から分かることだけを示しています。
            </p>
            <Sights sights={sharing.items} names={names} />
          </section>
          <section className="section" aria-labelledby="consents">
            <div className="screen-head">
              <h2 id="consents" className="section-title">
                <Term name="consent" />
              </h2>
              {resource.can.addForms.includes('consent') && (
                <a className="button button-solid" href={consentPath(resource.caseId)}>
                  同意の説明・記録
                </a>
              )}
            </div>
            {consents.length === 0 && (
              <p className="empty">表示できる同意の記録はまだありません。</p>
            )}
            {consents.map((consent) => (
              <ConsentCard
                key={consent.recordId}
                caseId={resource.caseId}
                consent={consent}
                state={stateOf(consent, withdrawals, sharing)}
                names={names}
              />
            ))}
          </section>
        </>
      )}
    </Show>
  );
}

/** Whether a consent stands: the API says so. */
export function stateOf(
  consent: FormRecord,
  withdrawals: readonly FormRecord[],
  { liveConsents }: Shared,
): string {
  const withdrawn = withdrawals.find(({ data }) => data.consentId === consent.recordId);
  if (withdrawn !== undefined) return `撤回（${formatDate(String(withdrawn.data.date))}）`;
  if (liveConsents.includes(consent.recordId)) return '有効';
  return sharesNothing(consent.data) ? '共有を含まない同意' : 'いまは効力がありません';
}

const sharesNothing = ({ kinds }: Data): boolean =>
  !(Array.isArray(kinds) && kinds.includes('sharing'));

export const personName = (names: Names, personId: unknown): string =>
  names.persons.find(({ value }) => value === personId)?.label ?? '世帯の人';

interface CardProps {
  readonly caseId: string;
  readonly consent: FormRecord;
  readonly state: string;
  readonly names: Names;
}

function ConsentCard({ caseId, consent, state, names }: CardProps) {
  const { recordId, data } = consent;
  return (
    <article className="card" aria-labelledby={`consent-${recordId}`}>
      <h3 id={`consent-${recordId}`} className="card-title">
        {personName(names, data.personId)}
        <span className="card-note">{state}</span>
      </h3>
      <p>
        {formatDate(String(data.date ?? ''))}の同意。見せる相手：
        {recipients(data, names.agencies).join('、') || 'なし'}。期間：{untilWords(data)}
      </p>
      <a href={consentPath(caseId, recordId)}>控え・署名・撤回</a>
    </article>
  );
}

const COLUMNS = ['だれが', 'だれの情報', '何を', '根拠', 'いつまで'];

/** Lines of who sees what, in words. */
export function Sights({
  sights,
  names,
}: {
  readonly sights: readonly Sight[];
  readonly names: Names;
}) {
  if (sights.length === 0) return <p className="empty">表示できるものがありません。</p>;
  return (
    <table className="table" role="table">
      <TableHead columns={COLUMNS} />
      <tbody role="rowgroup">
        {sights.map((sight, at) => {
          const term = termOfBasis(sight.basis);
          return (
            <tr key={at} role="row">
              <th role="rowheader" scope="row" data-title="だれが">
                {whoWords(sight)}
              </th>
              <td role="cell" data-title="だれの情報">
                {personsWords(sight, names)}
              </td>
              <td role="cell" data-title="何を">
                {whatWords(sight, names)}
              </td>
              <td role="cell" data-title="根拠">
                <span>
                  {term === undefined ? (
                    sight.basisLabel
                  ) : (
                    <Term name={term}>{sight.basisLabel}</Term>
                  )}
                </span>
              </td>
              <td role="cell" data-title="いつまで">
                {untilOf(sight)}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** An agency, and of it the people or the roles that see something. */
export function whoWords({ agencyName, staff, roleLabels }: Sight): string {
  const people = staff.map(({ displayName }) => displayName);
  return `${agencyName}（${(people.length > 0 ? people : roleLabels).join('、')}）`;
}

function personsWords({ personIds }: Sight, names: Names): string {
  const everybody = names.persons.length > 1 && personIds.length >= names.persons.length;
  return everybody ? '世帯の全員' : personIds.map((id) => personName(names, id)).join('、');
}

const SEALED = 6;

export function whatWords({ classes, taxData, task }: Sight, names: Names): string {
  if (task) return '会議で引き受けた役割だけ';
  const said = classes.map((one) =>
    one === SEALED ? '秘匿区画' : (names.classes.get(String(one)) ?? String(one)),
  );
  return [...said, ...(taxData ? ['税の情報'] : [])].join('、');
}

function untilOf({ from, to, basis, task }: Sight): string {
  const begins = from === null ? '' : `${formatDate(from)}から`;
  if (to !== null) return `${begins}${formatDate(to)}まで`;
  if (task) return `${begins}その役割が済むまで`;
  if (basis === 'consent') return `${begins}支援が終わるまで（撤回があればその時まで）`;
  return `${begins}終わりの日は決まっていません`;
}
