/** The API, call by call. Everything here needs a signed-in person, except `auth`. */
import { Problem, send, type Reply, type Request } from './http';
import { liveToken, tokenRefused } from './session';
import type {
  Agency,
  AuditEvent,
  CaseResource,
  CaseSummary,
  Data,
  FormRecord,
  NotMyNumber,
  Page,
  Revision,
  Schema,
  Staff,
  Step,
} from './types';

async function call<T>(request: Request): Promise<Reply<T>> {
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

const get = async <T>(path: string): Promise<T> => (await call<T>({ method: 'GET', path })).body;

const post = async <T>(path: string, body: unknown, idempotencyKey: string): Promise<T> =>
  (await call<T>({ method: 'POST', path, body, idempotencyKey })).body;

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

export const listCases = (cursor: string | null) =>
  get<Page<CaseSummary>>(`cases?limit=${PAGE}${cursor === null ? '' : `&cursor=${seg(cursor)}`}`);

export const getCase = (caseId: string) => get<CaseResource>(`cases/${seg(caseId)}`);

export interface Written {
  readonly formVersion: string;
  readonly data: Data;
  readonly notMyNumber?: readonly NotMyNumber[];
}

export const createCase = (written: Written, key: string) =>
  post<CaseResource>('cases', written, key);

export const getIntake = (caseId: string) => get<FormRecord>(`cases/${seg(caseId)}/forms/intake`);

export const putIntake = async (caseId: string, revision: number, written: Written, key: string) =>
  (
    await call<FormRecord>({
      method: 'PUT',
      path: `cases/${seg(caseId)}/forms/intake`,
      body: written,
      ifMatch: `"${revision}"`,
      idempotencyKey: key,
    })
  ).body;

export const listRevisions = (caseId: string) =>
  get<{ items: readonly Revision[] }>(`cases/${seg(caseId)}/forms/intake/revisions`);

export const getRevision = (caseId: string, revision: number) =>
  get<FormRecord>(`cases/${seg(caseId)}/forms/intake/revisions/${revision}`);

export const listAudit = (caseId: string, cursor: string | null) =>
  get<Page<AuditEvent>>(
    `cases/${seg(caseId)}/audit${cursor === null ? '' : `?cursor=${seg(cursor)}`}`,
  );

export const listStaff = () => get<{ items: readonly Staff[] }>('staff');

export const resetFactor = (staffId: string, reason: string, key: string) =>
  post<{ loginId: string; temporaryPassword: string }>(
    `staff/${seg(staffId)}/factor-reset`,
    { reason },
    key,
  );

export const makeRecoveryCodes = (key: string) =>
  post<{ codes: readonly string[] }>('me/recovery-codes', {}, key);

/** What does not change while the page is open is asked for once; a failure is not remembered. */
function once<T>(load: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const kept = new Map<string, Promise<T>>();
  return (key) => {
    const known = kept.get(key);
    if (known !== undefined) return known;
    const loading = load(key).catch((error: unknown) => {
      kept.delete(key);
      throw error;
    });
    kept.set(key, loading);
    return loading;
  };
}

const codeLists = once(() => get<{ items: readonly { list: string; version: string }[] }>('codes'));
const forms = once(() =>
  get<{ items: readonly { form: string; version: string; current: boolean }[] }>('forms'),
);
const agencies = once(() => get<{ items: readonly Agency[] }>('agencies'));

export const listAgencies = async () => (await agencies('')).items;

/** The intake form's schema by version, its code lists bundled. */
export const intakeSchema = once((version) => get<Schema>(`forms/intake/${seg(version)}`));

export async function currentIntakeVersion(): Promise<string> {
  const current = (await forms('')).items.find((f) => f.form === 'intake' && f.current);
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
