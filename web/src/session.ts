/**
 * Who is signed in. The ID token lives in this module's memory only; the refresh token is an
 * HttpOnly cookie that scripts never see. When a session ends while somebody is at work, the
 * screens stay as they are (`interrupted`): whoever waits for a token goes on after the sign-in.
 */
import { Problem, send, Unreachable } from './http';
import type { Me } from './types';

export type Session =
  | { readonly phase: 'starting' }
  | { readonly phase: 'unreachable' }
  | { readonly phase: 'signed-out' }
  | { readonly phase: 'active'; readonly me: Me }
  | { readonly phase: 'interrupted'; readonly me: Me; readonly reason: 'expired' | 'idle' };

const MINUTE_MS = 60_000;
const REFRESH_AHEAD_MS = 60_000;
const RETRY_MS = 15_000;
const ACTIVITY_NOTICE_MS = 20_000;

interface Token {
  readonly value: string;
  readonly expiresAt: number;
}

let session: Session = { phase: 'starting' };
let token: Token | null = null;
let renewal: Promise<void> | null = null;
let refreshTimer: ReturnType<typeof setTimeout> | undefined;
let lastActivity = Date.now();
let lastNotice = 0;
let waiting: (() => void)[] = [];
const listeners = new Set<() => void>();
// Tabs tell each other "somebody is working" and "signed out", nothing more. One origin may serve
// several base paths, so each has its own channel.
const tabs = new BroadcastChannel(`soudan:${new URL('.', document.baseURI).pathname}`);

export const currentSession = (): Session => session;

export function onSessionChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function become(next: Session): void {
  session = next;
  for (const listener of listeners) listener();
}

/** Takes up a live session if the browser has one. */
export async function start(): Promise<void> {
  become({ phase: 'starting' });
  try {
    hold(await requestToken());
    become({ phase: 'active', me: await fetchMe() });
  } catch (error) {
    dropToken();
    const refused = error instanceof Problem && (error.status === 401 || error.status === 403);
    become({ phase: refused ? 'signed-out' : 'unreachable' });
  }
}

/** After the last step of the sign-in. */
export async function accept(idToken: string, expiresIn: number): Promise<void> {
  hold({ idToken, expiresIn });
  const me = await fetchMe();
  if (session.phase === 'interrupted' && session.me.staffId !== me.staffId) {
    // Another person sits here now: nothing of the former person's may stay in memory.
    startAfresh();
    return;
  }
  touch();
  become({ phase: 'active', me });
  for (const resume of waiting.splice(0)) resume();
}

export async function signOut(): Promise<void> {
  await endOnServer();
  tabs.postMessage('sign-out');
  startAfresh();
}

let leavingOnPurpose = false;
export const isLeavingOnPurpose = (): boolean => leavingOnPurpose;

function startAfresh(): void {
  leavingOnPurpose = true;
  window.history.replaceState(null, '', window.location.pathname);
  window.location.reload();
}

/** A token that the API will take; waits while a sign-in is needed. */
export async function liveToken(): Promise<string> {
  while (token === null || token.expiresAt <= Date.now()) {
    if (session.phase === 'interrupted') await signedInAgain();
    else await renew();
  }
  return token.value;
}

/** The API refused this token. */
export async function tokenRefused(refused: string): Promise<void> {
  if (token?.value === refused) token = null;
  await liveToken();
}

function renew(): Promise<void> {
  renewal ??= requestToken()
    .then(hold)
    .catch((error: unknown) => {
      if (error instanceof Problem && error.status === 401) interrupt('expired');
      else throw error;
    })
    .finally(() => {
      renewal = null;
    });
  return renewal;
}

function interrupt(reason: 'expired' | 'idle'): void {
  dropToken();
  if (session.phase === 'active') become({ phase: 'interrupted', me: session.me, reason });
}

const signedInAgain = (): Promise<void> => new Promise((resolve) => waiting.push(resolve));

async function requestToken(): Promise<{ idToken: string; expiresIn: number }> {
  return (
    await send<{ idToken: string; expiresIn: number }>({
      method: 'POST',
      path: 'auth/refresh',
      body: {},
    })
  ).body;
}

async function fetchMe(): Promise<Me> {
  return (await send<Me>({ method: 'GET', path: 'me' }, token?.value)).body;
}

/** Recovery codes were made or used: what `/me` says has changed. */
export async function refreshMe(): Promise<void> {
  await liveToken();
  const me = await fetchMe();
  if (session.phase === 'active') become({ phase: 'active', me });
}

function hold(given: { idToken: string; expiresIn: number }): void {
  token = { value: given.idToken, expiresAt: Date.now() + given.expiresIn * 1000 };
  scheduleRefresh(Math.max(given.expiresIn * 1000 - REFRESH_AHEAD_MS, RETRY_MS));
}

function dropToken(): void {
  token = null;
  clearTimeout(refreshTimer);
}

function scheduleRefresh(afterMs: number): void {
  clearTimeout(refreshTimer);
  refreshTimer = setTimeout(() => {
    renew().catch(() => scheduleRefresh(RETRY_MS));
  }, afterMs);
}

async function endOnServer(): Promise<void> {
  dropToken();
  try {
    await send({ method: 'POST', path: 'auth/sign-out', body: {} });
  } catch (error) {
    // Out of reach: the cookie ends by itself; the token is forgotten either way.
    if (!(error instanceof Unreachable || error instanceof Problem)) throw error;
  }
}

function touch(): void {
  lastActivity = Date.now();
  if (lastActivity - lastNotice > ACTIVITY_NOTICE_MS) {
    lastNotice = lastActivity;
    tabs.postMessage('activity');
  }
}

/** Milliseconds until the screens are hidden because nobody touches a key; null: nobody is there. */
export const idleLeft = (): number | null =>
  session.phase === 'active'
    ? session.me.idleMinutes * MINUTE_MS - (Date.now() - lastActivity)
    : null;

/** Watches for the town's number of minutes without a key or a touch in any tab. */
export function watchIdleness(): void {
  for (const type of ['keydown', 'pointerdown', 'wheel', 'touchmove'] as const) {
    window.addEventListener(type, touch, { capture: true, passive: true });
  }
  tabs.addEventListener('message', ({ data }) => {
    if (data === 'activity') lastActivity = Date.now();
    if (data === 'sign-out') interrupt('expired');
  });
  setInterval(() => {
    if (session.phase !== 'active') return;
    if ((idleLeft() ?? 1) <= 0) {
      interrupt('idle');
      void endOnServer();
    }
  }, RETRY_MS);
}
