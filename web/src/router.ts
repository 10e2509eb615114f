/**
 * Hash routes. Addresses carry nothing but case numbers, which are random and tell nobody anything.
 */
import { useSyncExternalStore } from 'react';

export type CaseTab = 'intake' | 'history' | 'audit';

export type Route =
  | { readonly at: 'cases' }
  | { readonly at: 'new-case' }
  | {
      readonly at: 'case';
      readonly caseId: string;
      readonly tab: CaseTab;
      readonly revision?: number;
    }
  | { readonly at: 'manage' }
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
  const [first = '', second, third, fourth] = hash.replace(/^#\/?/, '').split('/');
  if (first === '') return { at: 'cases' };
  if (first === 'manage' && second === undefined) return { at: 'manage' };
  if (first !== 'cases') return { at: 'nowhere' };
  if (second === undefined || second === '') return { at: 'cases' };
  if (second === 'new') return { at: 'new-case' };
  const caseId = second;
  if (!CASE_ID.test(caseId)) return { at: 'nowhere' };
  if (third === undefined) return { at: 'case', caseId, tab: 'intake' };
  if (third === 'audit') return { at: 'case', caseId, tab: 'audit' };
  if (third !== 'history') return { at: 'nowhere' };
  return fourth !== undefined && /^\d+$/.test(fourth)
    ? { at: 'case', caseId, tab: 'history', revision: Number(fourth) }
    : { at: 'case', caseId, tab: 'history' };
}

export function casePath(caseId: string, tab: CaseTab = 'intake', revision?: number): string {
  const base = `#/cases/${caseId}`;
  if (tab === 'intake') return base;
  return revision === undefined ? `${base}/${tab}` : `${base}/${tab}/${revision}`;
}

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
