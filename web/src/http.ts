/** What the API refused, as it said it (RFC 9457 problem details). */
export class Problem extends Error {
  constructor(
    readonly status: number,
    /** last part of `type`, e.g. `changed-by-other` */
    readonly slug: string,
    readonly title: string,
    readonly detail: string,
    readonly errors: readonly FieldProblem[],
    /** seconds to wait, from `Retry-After` */
    readonly retryAfter: number | null,
    /** to name to whoever looks into it */
    readonly requestId: string,
  ) {
    super(title);
  }
}

export interface FieldProblem {
  readonly pointer: string;
  readonly code: string;
  readonly message: string;
}

/** No answer: the line is cut, the server is gone, or it took too long. */
export class Unreachable extends Error {}

export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** relative to the place the page was loaded from, so that any base path works */
  readonly path: string;
  readonly body?: unknown;
  readonly idempotencyKey?: string;
  readonly ifMatch?: string;
}

export interface Reply<T> {
  readonly body: T;
  readonly etag: string | null;
}

const TIMEOUT_MS = 35_000;

export async function send<T>(request: Request, idToken?: string): Promise<Reply<T>> {
  const headers: Record<string, string> = { Accept: 'application/json, application/problem+json' };
  if (idToken !== undefined) headers.Authorization = idToken;
  if (request.idempotencyKey !== undefined) headers['Idempotency-Key'] = request.idempotencyKey;
  if (request.ifMatch !== undefined) headers['If-Match'] = request.ifMatch;
  if (request.body !== undefined) headers['Content-Type'] = 'application/json';

  let response: Response;
  let text: string;
  try {
    response = await fetch(new URL(request.path, document.baseURI), {
      method: request.method,
      headers,
      body: request.body === undefined ? null : JSON.stringify(request.body),
      credentials: 'same-origin',
      cache: 'no-store',
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    text = await response.text();
  } catch {
    throw new Unreachable();
  }
  const body = parse(text);
  if (!response.ok) throw toProblem(response, body);
  return { body: body as T, etag: response.headers.get('ETag') };
}

function parse(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function toProblem(response: Response, body: unknown): Problem {
  const said = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const type = typeof said.type === 'string' ? said.type : '';
  const wait = Number.parseInt(response.headers.get('Retry-After') ?? '', 10);
  return new Problem(
    response.status,
    type.slice(type.lastIndexOf(':') + 1),
    typeof said.title === 'string' ? said.title : '',
    typeof said.detail === 'string' ? said.detail : '',
    Array.isArray(said.errors) ? (said.errors as FieldProblem[]) : [],
    Number.isNaN(wait) ? null : wait,
    typeof said.requestId === 'string' ? said.requestId : '',
  );
}
