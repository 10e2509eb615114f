/** The API, call by call. Everything here needs a signed-in person, except `auth`. */
import { Problem, send, type Reply, type Request } from './http';
import { liveToken, tokenRefused } from './session';
import type {
  Agency,
  Asked,
  AuditEvent,
  BookEntry,
  Candidate,
  CaseResource,
  CaseRow,
  CaseSummary,
  Colleague,
  Data,
  Digest,
  Draft,
  DraftHead,
  Filter,
  FormRecord,
  FoundPage,
  Meeting,
  Genogram,
  MeetingHead,
  NotMyNumber,
  Page,
  Paper,
  Print,
  Revision,
  Schema,
  SealedRecord,
  Settings,
  Sharing,
  SimilarCases,
  Staff,
  Step,
  Task,
  TaskPage,
  Transitions,
  Upload,
} from './types';

export async function call<T>(request: Request): Promise<Reply<T>> {
  const token = await liveToken();
  try {
    return await send<T>(request, token);
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 401) throw error;
    // The same request with the same Idempotency-Key, once, under a new token.
    await tokenRefused(token);
    return send<T>(request, await liveToken());
  }
}

export const get = async <T>(path: string): Promise<T> =>
  (await call<T>({ method: 'GET', path })).body;

export const post = async <T>(path: string, body: unknown, idempotencyKey: string): Promise<T> =>
  (await call<T>({ method: 'POST', path, body, idempotencyKey })).body;

/** Saves the revision that follows `revision`. */
const put = async <T>(path: string, revision: number, body: unknown, key: string): Promise<T> =>
  (
    await call<T>({
      method: 'PUT',
      path,
      body,
      ifMatch: `"${revision}"`,
      idempotencyKey: key,
    })
  ).body;

const step = async (path: string, body: Record<string, string>): Promise<Step> =>
  (await send<Step>({ method: 'POST', path: `auth/${path}`, body })).body;

export const auth = {
  signIn: (loginId: string, password: string) => step('sign-in', { loginId, password }),
  newPassword: (state: string, newPassword: string) => step('new-password', { state, newPassword }),
  totpSetup: (state: string, code: string) => step('totp-setup', { state, code }),
  totp: (state: string, code: string) => step('totp', { state, code }),
  recover: (state: string, recoveryCode: string) => step('recover', { state, recoveryCode }),
};

const seg = encodeURIComponent;
const PAGE = 50;

/** `next`: with the most urgent task of each, which costs the API one more read. */
export const listCases = (cursor: string | null, next = false) =>
  get<Page<CaseSummary>>(
    `cases?limit=${PAGE}${next ? '&tasks=next' : ''}${cursor === null ? '' : `&cursor=${seg(cursor)}`}`,
  );

export const getCase = (caseId: string) => get<CaseResource>(`cases/${seg(caseId)}`);

export interface Written {
  readonly formVersion: string;
  readonly data: Data;
  readonly about?: FormRecord['about'];
  readonly notMyNumber?: readonly NotMyNumber[];
}

export const createCase = (written: Written, key: string) =>
  post<CaseResource>('cases', written, key);

const recordAt = (caseId: string, recordId: string): string =>
  `cases/${seg(caseId)}/records/${seg(recordId)}`;

/** A record as it was written, or as it looks under a later version of its form. */
export const getRecord = (caseId: string, recordId: string, formVersion?: string) =>
  get<FormRecord>(
    `${recordAt(caseId, recordId)}${formVersion === undefined ? '' : `?formVersion=${seg(formVersion)}`}`,
  );

export const createRecord = (caseId: string, form: string, written: Written, key: string) =>
  post<FormRecord>(`cases/${seg(caseId)}/records`, { form, ...written }, key);

export const putRecord = (
  caseId: string,
  recordId: string,
  revision: number,
  written: Written,
  key: string,
) => put<FormRecord>(recordAt(caseId, recordId), revision, written, key);

/** What narrows a list of records; an empty text narrows nothing. */
export type Narrowing = Partial<Record<'agency' | 'person' | 'planItem', string>>;

/** `form`: one form, or several with commas between them. */
export const listRecords = (
  caseId: string,
  form: string,
  cursor: string | null,
  narrowing: Narrowing = {},
) => {
  const asked = { form, limit: String(PAGE), ...narrowing, cursor: cursor ?? '' };
  const query = Object.entries(asked)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}=${seg(value)}`);
  return get<Page<FormRecord>>(`cases/${seg(caseId)}/records?${query.join('&')}`);
};

export const listRevisions = (caseId: string, recordId: string) =>
  get<{ items: readonly Revision[] }>(`${recordAt(caseId, recordId)}/revisions`);

export const getRevision = (caseId: string, recordId: string, revision: number) =>
  get<FormRecord>(`${recordAt(caseId, recordId)}/revisions/${revision}`);

export const listTransitions = (caseId: string) =>
  get<Transitions>(`cases/${seg(caseId)}/transitions`);

export const makeTransition = (
  caseId: string,
  to: string,
  reason: string | undefined,
  key: string,
) =>
  post<FormRecord>(
    `cases/${seg(caseId)}/transitions`,
    reason === undefined ? { to } : { to, reason },
    key,
  );

export const caseTasks = (caseId: string) =>
  get<{ items: readonly Task[] }>(`cases/${seg(caseId)}/tasks`);

export const listTasks = (cursor: string | null) =>
  get<TaskPage>(`tasks${cursor === null ? '' : `?cursor=${seg(cursor)}`}`);

/** Cases that hold the words; these go in the body, since addresses are logged on their way. */
export const findCases = async (asked: Asked, cursor: string | null) =>
  (
    await call<FoundPage>({
      method: 'POST',
      path: 'search',
      body: cursor === null ? asked : { ...asked, cursor },
    })
  ).body;

export const readDigest = () => get<Digest>('me/digest');
/** null: no more letters. */
export const keepDigest = async (address: string | null): Promise<void> => {
  await call({ method: 'PUT', path: 'me/digest', body: { address } });
};

export const listFilters = async () =>
  (await get<{ items: readonly Filter[] }>('me/filters')).items;

/** Takes the place of all that were kept. */
export const keepFilters = async (items: readonly Filter[]) =>
  (await call<{ items: readonly Filter[] }>({ method: 'PUT', path: 'me/filters', body: { items } }))
    .body.items;

export type When = 'coming' | 'held';

/** Meetings to come, the next one first; or those that were held, the last one first. */
export const listMeetings = (when: When, cursor: string | null = null) =>
  get<Page<MeetingHead>>(`meetings?when=${when}${cursor === null ? '' : `&cursor=${seg(cursor)}`}`);

export const getMeeting = (meetingId: string) => get<Meeting>(`meetings/${seg(meetingId)}`);

export const createMeeting = (written: Written, key: string) =>
  post<Meeting>('meetings', written, key);

export const putMeeting = (meetingId: string, revision: number, written: Written, key: string) =>
  put<Meeting>(`meetings/${seg(meetingId)}`, revision, written, key);

/** Lays a case before a meeting. */
export const layCase = (meetingId: string, caseId: string, written: Written, key: string) =>
  post<FormRecord>(`meetings/${seg(meetingId)}/cases`, { caseId, ...written }, key);

export const listPapers = (meetingId: string, caseId: string) =>
  get<{ items: readonly Paper[] }>(`meetings/${seg(meetingId)}/cases/${seg(caseId)}/papers`);

export const listColleagues = async () =>
  (await get<{ items: readonly Colleague[] }>('colleagues')).items;

/** Who sees what of a case; `without`: and what a withdrawal of this consent would end. */
export const getSharing = (caseId: string, without?: string) =>
  get<Sharing>(
    `cases/${seg(caseId)}/sharing${without === undefined ? '' : `?without=${seg(without)}`}`,
  );

const bookAt = (book: string): string => `books/${seg(book)}`;
const entryAt = (book: string, entryId: string): string => `${bookAt(book)}/${seg(entryId)}`;

export const listBook = (book: string, cursor: string | null = null) =>
  get<Page<BookEntry>>(
    `${bookAt(book)}?limit=100${cursor === null ? '' : `&cursor=${seg(cursor)}`}`,
  );
export const getEntry = (book: string, entryId: string) => get<BookEntry>(entryAt(book, entryId));
export const addEntry = (book: string, written: Written, key: string) =>
  post<BookEntry>(bookAt(book), written, key);
export const putEntry = (
  book: string,
  entryId: string,
  revision: number,
  written: Written,
  key: string,
) => put<BookEntry>(entryAt(book, entryId), revision, written, key);
export const attachMemo = (entryId: string, caseId: string, key: string) =>
  post<{ caseId: string; recordId: string }>(
    `${entryAt('phone-memo', entryId)}/attach`,
    { caseId },
    key,
  );

const draftAt = (draftId: string): string => `drafts/${seg(draftId)}`;

export const listDrafts = () => get<{ items: readonly DraftHead[] }>('drafts');
export const getDraft = (draftId: string) => get<Draft>(draftAt(draftId));
/** `body`: the place and the text, as JSON. */
export const keepDraft = async (draftId: string, body: string) =>
  (await call<DraftHead>({ method: 'PUT', path: draftAt(draftId), body })).body;
export const dropDraft = async (draftId: string): Promise<void> => {
  await call({ method: 'DELETE', path: draftAt(draftId) });
};

export const listAudit = (caseId: string, cursor: string | null) =>
  get<Page<AuditEvent>>(
    `cases/${seg(caseId)}/audit${cursor === null ? '' : `?cursor=${seg(cursor)}`}`,
  );

export const getGenogram = (caseId: string) => get<Genogram>(`cases/${seg(caseId)}/genogram`);

/** Who of other cases may be the person described: a question, so it goes in the body. */
export const findCandidates = async (described: Data) =>
  (
    await call<{ items: readonly Candidate[] }>({
      method: 'POST',
      path: 'persons/candidates',
      body: described,
    })
  ).body.items;

export const casesOfPerson = async (personId: string) =>
  (await get<{ items: readonly CaseRow[] }>(`persons/${seg(personId)}/cases`)).items;

export const similarCases = (caseId: string) => get<SimilarCases>(`cases/${seg(caseId)}/similar`);

const sealedAt = (caseId: string, personId: string): string =>
  `cases/${seg(caseId)}/sealed/${seg(personId)}`;

export const getSealed = (caseId: string, personId: string) =>
  get<SealedRecord>(sealedAt(caseId, personId));

export const putSealed = (
  caseId: string,
  personId: string,
  revision: number,
  written: Written,
  key: string,
) => put<SealedRecord>(sealedAt(caseId, personId), revision, written, key);

export const beginFile = (caseId: string, body: unknown, key: string) =>
  post<Upload>(`cases/${seg(caseId)}/files`, body, key);

export const putPart = async (
  uploadId: string,
  number: number,
  content: Blob,
  signal: AbortSignal,
) => {
  await call({
    method: 'PUT',
    path: `uploads/${seg(uploadId)}/parts/${number}`,
    content,
    signal,
  });
};

export const completeFile = async (uploadId: string, notMyNumber: readonly NotMyNumber[]) =>
  (
    await call<FormRecord>({
      method: 'POST',
      path: `uploads/${seg(uploadId)}/complete`,
      body: notMyNumber.length === 0 ? {} : { notMyNumber },
    })
  ).body;

/** One stretch of a file: its bytes from `first` on, as many as one answer holds. */
export const getFile = async (caseId: string, fileId: string, first: number, signal: AbortSignal) =>
  (
    await call<Blob>({
      method: 'GET',
      path: `cases/${seg(caseId)}/files/${seg(fileId)}`,
      bytesFrom: first,
      signal,
    })
  ).body;

export const listStaff = () => get<{ items: readonly Staff[] }>('staff');

export const resetFactor = (staffId: string, reason: string, key: string) =>
  post<{ loginId: string; temporaryPassword: string }>(
    `staff/${seg(staffId)}/factor-reset`,
    { reason },
    key,
  );

export const makeRecoveryCodes = (key: string) =>
  post<{ codes: readonly string[] }>('me/recovery-codes', {}, key);

interface Once<T> {
  (key: string): Promise<T>;
  /** asks anew next time: this page has changed it */
  forget: () => void;
}

/** What does not change while the page is open is asked for once; a failure is not remembered. */
function once<T>(load: (key: string) => Promise<T>): Once<T> {
  const kept = new Map<string, Promise<T>>();
  const ask = (key: string) => {
    const known = kept.get(key);
    if (known !== undefined) return known;
    const loading = load(key).catch((error: unknown) => {
      kept.delete(key);
      throw error;
    });
    kept.set(key, loading);
    return loading;
  };
  return Object.assign(ask, { forget: () => kept.clear() });
}

const prints = once(() => get<{ items: readonly Print[] }>('prints'));
/** The papers that may be printed. */
export const listPrints = async () => (await prints('')).items;

/** A paper as a file. `query`: of what, and as what (schemas/openapi.json). */
export const printPaper = (paper: string, query: Readonly<Record<string, string>>) =>
  call<Blob>({
    method: 'GET',
    path: `prints/${seg(paper)}?${new URLSearchParams(query).toString()}`,
    bytesFrom: 0,
  }).then(({ body }) => body);

const codeLists = once(() => get<{ items: readonly { list: string; version: string }[] }>('codes'));
const forms = once(() =>
  get<{ items: readonly { form: string; version: string; current: boolean }[] }>('forms'),
);
const agencies = once(() => get<{ items: readonly Agency[] }>('agencies'));

export const listAgencies = async () => (await agencies('')).items;
export const forgetAgencies = () => agencies.forget();

/** A form's schema by version (`intake/1.1.0`), its code lists bundled. */
const schemas = once((form) => get<Schema>(`forms/${form}`));
export const formSchema = (form: string, version: string) =>
  schemas(`${seg(form)}/${seg(version)}`);

/** The current version of a form as this municipality's staff are offered it. */
const configured = once((form) => get<Schema>(`settings/forms/${seg(form)}`));
export const offeredForm = (form: string) => configured(form);

const settings = once(() => get<Settings>('settings'));
export const townSettings = () => settings('');
/** Forms that the municipality uses, under the names it gave them. */
export const offeredForms = async () => (await settings('')).forms;

export function forgetSettings(): void {
  settings.forget();
  configured.forget();
}

/** Whether the municipality uses a part that it may do without. */
export const isUsed = async (part: 'projectorView' | 'tabletSignature'): Promise<boolean> =>
  (await settings('')).switches[part] === true;

/** Kinds of meetings under the names that the municipality gave them. */
export const meetingKinds = async (): Promise<ReadonlyMap<string, string>> => {
  const [labels, { meetings }] = await Promise.all([codeLabels('meeting-kind'), settings('')]);
  return new Map([...labels].map(([kind, label]) => [kind, meetings[kind] ?? label]));
};

export async function currentVersion(form: string): Promise<string> {
  const current = (await forms('')).items.find((f) => f.form === form && f.current);
  if (current === undefined) throw new Problem(404, 'nothing-to-show', '', '', [], null, '');
  return current.version;
}

/** Code → label of one list. */
export const codeLabels = once(async (list) => {
  const version = (await codeLists('')).items.find((item) => item.list === list)?.version;
  if (version === undefined) return new Map<string, string>();
  const schema = await get<Schema>(`codes/${seg(list)}/${seg(version)}`);
  return new Map((schema.oneOf ?? []).map((o) => [String(o.const), o.title ?? String(o.const)]));
});
