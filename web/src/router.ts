/**
 * Hash routes. Addresses carry nothing but case numbers, which are random and tell nobody anything.
 */
import { useSyncExternalStore } from 'react';

export type CaseTab =
  | 'intake'
  | 'steps'
  | 'household'
  | 'progress'
  | 'plan'
  | 'sharing'
  | 'records'
  | 'files'
  | 'sealed'
  | 'history'
  | 'audit';

/** Parts of a meeting that have screens of their own. */
export type MeetingPart = 'agenda' | 'edit' | 'people' | 'lay' | 'minutes' | 'papers';

export type Route =
  | { readonly at: 'today' }
  | { readonly at: 'cases' }
  | { readonly at: 'new-case' }
  | {
      readonly at: 'case';
      readonly caseId: string;
      readonly tab: CaseTab;
      /** the record that is shown; the intake form where none is named */
      readonly recordId?: string;
      /** the form of a record that is being begun */
      readonly begin?: string;
      readonly revision?: number;
    }
  | { readonly at: 'write' }
  | {
      readonly at: 'books';
      readonly book: string;
      readonly entryId?: string;
      readonly begin: boolean;
    }
  | { readonly at: 'meetings' }
  | { readonly at: 'new-meeting' }
  | {
      readonly at: 'meeting';
      readonly meetingId: string;
      readonly part: MeetingPart;
      readonly caseId?: string;
    }
  | {
      readonly at: 'manage';
      readonly part?: string;
      readonly id?: string;
      readonly caseId?: string;
    }
  | { readonly at: 'papers' }
  | { readonly at: 'nowhere' };

const CASE_ID = /^[0-9A-Z-]{1,40}$/;

/** A case number as somebody typed it, full-width or in small letters; null when it is none. */
export function readCaseId(typed: string): string | null {
  const text = typed
    .normalize('NFKC')
    .replace(/[‐‑‒–—−ー]/g, '-')
    .replace(/\s/g, '')
    .toUpperCase();
  return CASE_ID.test(text) ? text : null;
}

export function parseRoute(hash: string): Route {
  const [first = '', second, ...rest] = hash.replace(/^#\/?/, '').split('/');
  if (first === '') return { at: 'cases' };
  if (first === 'today' && second === undefined) return { at: 'today' };
  if (first === 'write' && second === undefined) return { at: 'write' };
  if (first === 'books' && second !== undefined && rest.length <= 1)
    return bookRoute(second, rest[0]);
  if (first === 'meetings') return meetingRoute(second, rest);
  if (first === 'manage') return manageRoute(second, rest);
  if (first === 'papers' && second === undefined) return { at: 'papers' };
  if (first !== 'cases') return { at: 'nowhere' };
  if (second === undefined || second === '') return { at: 'cases' };
  if (second === 'new') return { at: 'new-case' };
  return CASE_ID.test(second) ? caseRoute(second, rest) : { at: 'nowhere' };
}

const MEETING_ID = /^m-[0-9a-z]{12}$/;
const WITH_CASE: ReadonlySet<string> = new Set<MeetingPart>(['lay', 'minutes', 'papers']);
const ALONE: ReadonlySet<string> = new Set<MeetingPart>(['edit', 'people', 'lay']);

function meetingRoute(second: string | undefined, [part, caseId]: string[]): Route {
  if (second === undefined || second === '') return { at: 'meetings' };
  if (second === 'new') return { at: 'new-meeting' };
  if (!MEETING_ID.test(second)) return { at: 'nowhere' };
  const here = { at: 'meeting', meetingId: second } as const;
  if (part === undefined) return { ...here, part: 'agenda' };
  if (caseId === undefined) {
    return ALONE.has(part) ? { ...here, part: part as MeetingPart } : { at: 'nowhere' };
  }
  return WITH_CASE.has(part) && CASE_ID.test(caseId)
    ? { ...here, part: part as MeetingPart, caseId }
    : { at: 'nowhere' };
}

export function meetingPath(
  meetingId: string,
  part: MeetingPart = 'agenda',
  caseId?: string,
): string {
  const base = `#/meetings/${meetingId}`;
  if (part === 'agenda') return base;
  return caseId === undefined ? `${base}/${part}` : `${base}/${part}/${caseId}`;
}

const PART = /^[a-z]{1,20}$/;
const ENTRY_ID = /^[a-z0-9-]{1,40}$/;

/** `#/manage/<part>`, and below it one entry and a case that belongs to it. */
function manageRoute(part: string | undefined, [id, caseId, ...more]: string[]): Route {
  if (part === undefined || part === '') return { at: 'manage' };
  if (
    !PART.test(part) ||
    more.length > 0 ||
    (id !== undefined && !ENTRY_ID.test(id)) ||
    (caseId !== undefined && !CASE_ID.test(caseId))
  ) {
    return { at: 'nowhere' };
  }
  return {
    at: 'manage',
    part,
    ...(id === undefined ? {} : { id }),
    ...(caseId === undefined ? {} : { caseId }),
  };
}

export const managePath = (part: string, id?: string, caseId?: string): string =>
  ['#/manage', part, id, caseId].filter((step) => step !== undefined).join('/');

const RECORD_ID = /^[a-z][0-9a-z-]{0,60}$/;

function bookRoute(book: string, entry: string | undefined): Route {
  if (!RECORD_ID.test(book)) return { at: 'nowhere' };
  if (entry === undefined) return { at: 'books', book, begin: false };
  if (entry === 'new') return { at: 'books', book, begin: true };
  return RECORD_ID.test(entry)
    ? { at: 'books', book, entryId: entry, begin: false }
    : { at: 'nowhere' };
}

function caseRoute(caseId: string, [third, fourth, ...rest]: string[]): Route {
  const here = { at: 'case', caseId } as const;
  switch (third) {
    case undefined:
      return { ...here, tab: 'intake' };
    case 'steps':
    case 'household':
    case 'plan':
    case 'files':
    case 'sealed':
    case 'audit':
      return { ...here, tab: third };
    case 'progress':
      return { ...here, tab: third, ...(fourth === 'new' ? { begin: third } : {}) };
    case 'history':
      return { ...here, tab: 'history', ...revisionOf(fourth) };
    case 'sharing':
      if (fourth === undefined) return { ...here, tab: 'sharing' };
      if (fourth === 'consent') return { ...here, tab: 'sharing', begin: fourth };
      return RECORD_ID.test(fourth)
        ? { ...here, tab: 'sharing', recordId: fourth }
        : { at: 'nowhere' };
    case 'begin':
      return fourth !== undefined && RECORD_ID.test(fourth)
        ? { ...here, tab: 'records', begin: fourth }
        : { at: 'nowhere' };
    case 'records':
      if (fourth === undefined) return { ...here, tab: 'records' };
      if (!RECORD_ID.test(fourth)) return { at: 'nowhere' };
      return rest[0] === 'history'
        ? { ...here, tab: 'history', recordId: fourth, ...revisionOf(rest[1]) }
        : { ...here, tab: 'records', recordId: fourth };
    default:
      return { at: 'nowhere' };
  }
}

const revisionOf = (text: string | undefined): { revision?: number } =>
  text !== undefined && /^\d+$/.test(text) ? { revision: Number(text) } : {};

export function casePath(caseId: string, tab: CaseTab = 'intake', revision?: number): string {
  const base = `#/cases/${caseId}`;
  if (tab === 'intake') return base;
  return revision === undefined ? `${base}/${tab}` : `${base}/${tab}/${revision}`;
}

export const recordPath = (caseId: string, recordId: string): string =>
  recordId === INTAKE ? casePath(caseId) : `${casePath(caseId, 'records')}/${recordId}`;

export const historyPath = (caseId: string, recordId: string, revision?: number): string =>
  recordId === INTAKE
    ? casePath(caseId, 'history', revision)
    : `${recordPath(caseId, recordId)}/history${revision === undefined ? '' : `/${revision}`}`;

/** A consent of the case: what it says, its receipt, its withdrawal. */
export const consentPath = (caseId: string, consentId = 'consent'): string =>
  `${casePath(caseId, 'sharing')}/${consentId}`;

/** A record of progress is begun beside those that are there already. */
export const beginPath = (caseId: string, form: string): string =>
  form === PROGRESS ? `#/cases/${caseId}/progress/new` : `#/cases/${caseId}/begin/${form}`;

export const PROGRESS = 'progress';

/** `entry`: the id of one, or `new`. */
export const bookPath = (book: string, entry?: string): string =>
  `#/books/${book}${entry === undefined ? '' : `/${entry}`}`;

/** The intake form is the record that every case begins with. */
export const INTAKE = 'intake';

/** Asked before leaving; answers whether the new place may be shown at once. */
export type LeaveGuard = (next: Route, proceed: () => void) => boolean;

let shownHash = window.location.hash;
let guard: LeaveGuard | null = null;
const listeners = new Set<() => void>();

function show(hash: string): void {
  shownHash = hash;
  for (const listener of listeners) listener();
}

window.addEventListener('hashchange', () => {
  const next = window.location.hash;
  if (next === shownHash) return;
  const proceed = () => {
    guard = null;
    navigate(next);
  };
  if (guard !== null && !guard(parseRoute(next), proceed)) {
    window.history.pushState(null, '', shownHash === '' ? '#/' : shownHash);
    return;
  }
  show(next);
});

export function navigate(hash: string): void {
  if (window.location.hash === hash) show(hash);
  else window.location.hash = hash;
}

export function setLeaveGuard(next: LeaveGuard | null): void {
  guard = next;
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export function useRoute(): Route {
  return parseRoute(useSyncExternalStore(subscribe, () => shownHash));
}
