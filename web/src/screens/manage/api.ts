/** The calls of 管理. */
import { call, get, post, forgetAgencies, forgetSettings } from '../../api';
import type { Data, FormRecord, Page, Settings, SettingsDocument } from '../../types';
import type { Written } from '../../api';

const seg = encodeURIComponent;
const paged = (path: string, cursor: string | null, limit = 50): string =>
  `${path}?limit=${limit}${cursor === null ? '' : `&cursor=${seg(cursor)}`}`;

// --- registers

export interface NewStaff {
  readonly displayName: string;
  readonly loginId: string;
  readonly role: string;
  readonly agencyId: string;
  readonly validFrom: string;
  readonly validTo: string | null;
}

export interface Invitation {
  readonly staffId: string;
  readonly loginId: string;
  readonly temporaryPassword: string;
}

export const invite = (person: NewStaff, key: string) => post<Invitation>('staff', person, key);

export interface StaffChange {
  readonly staffId: string;
  readonly revision: number;
  readonly displayName?: string;
  readonly role?: string;
  readonly agencyId?: string;
  readonly validTo?: string | null;
  readonly confirm?: true;
}

export interface Outcome {
  readonly staffId: string;
  readonly outcome: 'same' | 'would-change' | 'changed' | 'refused';
  readonly code: string | null;
  readonly text: string | null;
}

export const changeStaff = async (
  changes: readonly StaffChange[],
  preview: boolean,
  key: string,
): Promise<readonly Outcome[]> =>
  (await post<{ items: readonly Outcome[] }>('staff-changes', { preview, changes }, key)).items;

export interface AgencyDescription {
  readonly name: string;
  readonly kind: string;
  readonly runsProgramme: boolean;
  readonly to: string | null;
}

export const addAgency = async (agency: AgencyDescription, key: string) => {
  await post('agencies', agency, key);
  forgetAgencies();
};

export const putAgency = async (agencyId: string, revision: number, agency: AgencyDescription) => {
  await call({
    method: 'PUT',
    path: `agencies/${seg(agencyId)}`,
    body: agency,
    ifMatch: `"${revision}"`,
  });
  forgetAgencies();
};

export interface Contract {
  readonly from: string;
  readonly to: string | null;
  readonly scope: string;
  readonly number: string;
  readonly subcontracting: string;
}

export const putContract = async (agencyId: string, contract: Contract) => {
  await call({ method: 'PUT', path: `agencies/${seg(agencyId)}/contract`, body: contract });
  forgetAgencies();
};

export const takeOver = (agencyId: string, from: string, on: string, key: string) =>
  post<{ handedOver: number; more: boolean }>(
    `agencies/${seg(agencyId)}/takeover`,
    { from, on },
    key,
  );

// --- the first day

export interface FirstDay {
  readonly dismissed: boolean;
  readonly steps: readonly { readonly step: string; readonly done: boolean }[];
}

export const firstDay = () => get<FirstDay>('first-day');
export const dismissFirstDay = (key: string) => post('first-day', {}, key);

// --- settings

export interface Bound {
  readonly name: string;
  readonly title: string;
  readonly least: number;
  readonly most: number;
}

export interface CodeTitle {
  readonly code: string;
  readonly title: string;
}

export interface SettingsChoices {
  readonly presets: readonly { preset: string; title: string; description: string }[];
  readonly forms: readonly {
    form: string;
    title: string;
    kept: string | null;
    items: readonly FormItem[];
  }[];
  readonly meetings: readonly CodeTitle[];
  readonly programmes: readonly CodeTitle[];
  readonly terms: readonly Bound[];
  readonly retentionYears: readonly Bound[];
  readonly switches: readonly { name: string; title: string; description: string }[];
}

export interface FormItem {
  readonly path: string;
  readonly title: string;
  readonly kept: string | null;
  readonly renamable: boolean;
}

export const readSettings = () => get<Settings>('settings');
export const settingsChoices = () => get<SettingsChoices>('settings/choices');

export const putSettings = async (document: SettingsDocument, revision: number) => {
  const { body } = await call<Settings>({
    method: 'PUT',
    path: 'settings',
    body: { document },
    ifMatch: `"${revision}"`,
  });
  forgetSettings();
  return body;
};

// --- duties under the data-protection law

export interface Provision {
  readonly caseId: string;
  readonly recordId: string;
  readonly date: string;
  readonly until: string | null;
  readonly basis: string;
  readonly basisLabel: string | null;
  readonly recipients: readonly string[];
  readonly purpose: string;
  readonly classes: readonly number[];
  readonly persons: readonly string[];
  readonly way: string;
  readonly decidedBy: string;
  readonly secret: boolean;
}

export const listLedger = (cursor: string | null) => get<Page<Provision>>(paged('ledger', cursor));

export interface BookEntry extends FormRecord {
  readonly entryId: string;
  readonly title: string;
  readonly createdAt: string;
}

export const REQUESTS = 'disclosure-request';

export const listRequests = (cursor: string | null) =>
  get<Page<BookEntry>>(paged(`books/${REQUESTS}`, cursor));
export const readRequest = (entryId: string) => get<BookEntry>(`books/${REQUESTS}/${seg(entryId)}`);
export const addRequest = (written: Written, key: string) =>
  post<BookEntry>(`books/${REQUESTS}`, written, key);
export const putRequest = async (
  entryId: string,
  revision: number,
  written: Written,
  key: string,
) =>
  (
    await call<BookEntry>({
      method: 'PUT',
      path: `books/${REQUESTS}/${seg(entryId)}`,
      body: written,
      ifMatch: `"${revision}"`,
      idempotencyKey: key,
    })
  ).body;

export interface OpenedCase {
  readonly caseId: string;
  readonly personId: string;
  readonly staffId: string;
  readonly until: string;
  readonly open: boolean;
  readonly decided: boolean;
}

export interface DisclosureState {
  readonly decideBy: string;
  readonly correctUntil: string | null;
  readonly cases: readonly OpenedCase[];
}

const disclosure = (requestId: string) => `disclosures/${seg(requestId)}`;

export const disclosureState = (requestId: string) => get<DisclosureState>(disclosure(requestId));

export const openForRequest = (requestId: string, caseId: string, personId: string, key: string) =>
  post(`${disclosure(requestId)}/cases`, { caseId, personId }, key);

export interface Mask {
  /** code points, the end not included */
  readonly start: number;
  readonly end: number;
  readonly ground: string;
}

export interface Passage {
  readonly recordId: string;
  readonly revision: number;
  readonly formTitle: string;
  readonly pointer: string;
  readonly title: string;
  readonly text: string;
  readonly masks: readonly Mask[];
}

export interface Proposal {
  readonly personId: string;
  readonly decided: boolean;
  readonly revision: number;
  readonly passages: readonly Passage[];
}

export const readProposal = (requestId: string, caseId: string) =>
  get<Proposal>(`${disclosure(requestId)}/cases/${seg(caseId)}`);

export const putMasks = async (
  requestId: string,
  caseId: string,
  revision: number,
  passages: readonly Passage[],
) =>
  (
    await call<Proposal>({
      method: 'PUT',
      path: `${disclosure(requestId)}/cases/${seg(caseId)}/masks`,
      body: {
        passages: passages.map(({ recordId, revision: of, pointer, masks }) => ({
          recordId,
          revision: of,
          pointer,
          masks,
        })),
      },
      ifMatch: `"${revision}"`,
    })
  ).body;

export interface Extract {
  readonly items: readonly {
    readonly form: string;
    readonly title: string;
    readonly text: string;
    readonly grounds: readonly string[];
  }[];
  readonly grounds: readonly string[];
}

export const readExtract = (requestId: string, caseId: string) =>
  get<Extract>(`${disclosure(requestId)}/cases/${seg(caseId)}/extract`);

export interface Letter {
  readonly sentences: readonly string[];
  readonly decideBy: string;
  readonly correctUntil: string | null;
}

export const readLetter = (requestId: string, grounds: readonly string[]) =>
  get<Letter>(
    `${disclosure(requestId)}/letter${grounds.length === 0 ? '' : `?grounds=${grounds.join(',')}`}`,
  );

export interface PersonCandidate {
  readonly personId: string;
  readonly reasons: readonly { readonly text: string }[];
  readonly cases: readonly string[];
  readonly person: { readonly name?: string; readonly nameKana?: string };
}

/** People of the records who may be this one; the name goes in the body, not in the address. */
export const findPersons = async (name: string) =>
  (
    await call<{ items: readonly PersonCandidate[] }>({
      method: 'POST',
      path: 'persons/candidates',
      body: { name },
    })
  ).body.items;

export interface Keeping {
  readonly caseId: string;
  readonly closedOn: string | null;
  readonly keptFrom: string | null;
  readonly keptUntil: string | null;
  readonly held: boolean;
  readonly due: boolean;
}

export const listRetention = (cursor: string | null) =>
  get<Page<Keeping>>(paged('retention', cursor));

export interface Disposal {
  readonly disposalId: string;
  readonly cases: readonly string[];
  readonly proposedBy: string;
  readonly proposedOn: string;
  readonly approvedBy?: string;
  readonly approvedOn?: string;
  readonly ringi?: string;
  readonly ringiOn?: string;
  readonly left: readonly string[];
  readonly done: readonly {
    readonly caseId: string;
    readonly at: string;
    readonly records: number;
    readonly revisions: number;
    readonly files: number;
    readonly keys: number;
    readonly backupsUntil: string;
  }[];
}

export const listDisposals = (cursor: string | null) =>
  get<Page<Disposal>>(paged('disposals', cursor, 20));
export const propose = (cases: readonly string[], key: string) =>
  post<Disposal>('disposals', { cases }, key);

const disposal = async (path: string, body: Data) =>
  (await call<Disposal>({ method: 'POST', path: `disposals/${path}`, body })).body;
export const approve = (disposalId: string, paper: Data) =>
  disposal(`${seg(disposalId)}/approve`, paper);
export const carryOut = (disposalId: string) => disposal(`${seg(disposalId)}/carry-out`, {});

export interface IncidentQuery {
  readonly from: string;
  readonly to: string;
  readonly learnedOn: string;
  readonly abuse: boolean;
  readonly staffIds?: readonly string[];
  readonly agencyIds?: readonly string[];
}

export interface Touched {
  readonly caseId: string;
  readonly persons: readonly { readonly personId: string; readonly name?: string | null }[];
  readonly events: number;
  readonly first: string;
  readonly last: string;
  readonly records: readonly { readonly recordId: string; readonly form: string | null }[];
  readonly classes: readonly number[];
  readonly actions: readonly string[];
}

export interface Extent {
  readonly from: string;
  readonly to: string;
  readonly complete: boolean;
  readonly items: readonly Touched[];
  readonly persons: number;
  readonly report: boolean;
  readonly reason: string;
  readonly firstReportBy: string;
  readonly fullReportBy: string;
}

export const readExtent = async (query: IncidentQuery) =>
  (await call<Extent>({ method: 'POST', path: 'incidents/extent', body: query })).body;

export interface EmergencyUse {
  readonly caseId: string;
  readonly accessId: string;
  readonly staffId: string;
  readonly staffName: string;
  readonly agencyName: string;
  readonly from: string;
  readonly to: string;
  readonly reason: string;
  readonly reviewBy: string;
}

export const listEmergencyUses = async () =>
  (await get<{ items: readonly EmergencyUse[] }>('emergency-uses')).items;

// --- what the rules and the numbers say

export interface Matrix {
  readonly legend: readonly { readonly sign: string; readonly text: string }[];
  readonly sections: readonly {
    readonly title: string;
    readonly columns: readonly string[];
    readonly rows: readonly { readonly label: string; readonly cells: readonly string[] }[];
  }[];
}

export const readMatrix = () => get<Matrix>('policy-matrix');

export interface StatisticsRow {
  readonly indicator: string;
  readonly breakdown: string | null;
  readonly code: string | null;
  readonly group: string;
  readonly title: string;
  readonly breakdownTitle: string;
  readonly codeTitle: string;
  readonly unit: string;
  readonly values: Readonly<Record<string, number | null>>;
  readonly marks: Readonly<Record<string, string>>;
}

export interface Volume {
  readonly id: string;
  readonly title: string;
  readonly counted: string;
  readonly tooFewStaff: boolean;
  readonly perCase: number | null;
  readonly spread: Readonly<
    Record<'records' | 'total' | 'least' | 'lower' | 'median' | 'upper' | 'most', number>
  > | null;
}

export interface Statistics {
  readonly period: string;
  readonly for: 'publication' | 'report';
  readonly madeAt: string;
  readonly periods: readonly { readonly period: string; readonly label: string }[];
  readonly rows: readonly StatisticsRow[];
  readonly notes: Readonly<Record<string, { readonly sign: string; readonly text: string }>>;
  readonly volumes: readonly Volume[] | null;
}

const statisticsPath = (period: string, use: string): string =>
  `statistics?period=${seg(period)}&for=${use}`;

export const readStatistics = (period: string, use: string) =>
  get<Statistics>(statisticsPath(period, use));

export const statisticsFile = async (period: string, use: string) =>
  (
    await call<string>({
      method: 'GET',
      path: `${statisticsPath(period, use)}&format=csv`,
      asText: true,
    })
  ).body;
