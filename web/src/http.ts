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
  readonly method: 'DELETE' | 'GET' | 'POST' | 'PUT';
  /** relative to the place the page was loaded from, so that any base path works */
  readonly path: string;
  /** sent as JSON; a text is JSON already */
  readonly body?: unknown;
  /** bytes to send instead of a body */
  readonly content?: Blob;
  /** asks for bytes from this place on, instead of JSON */
  readonly bytesFrom?: number;
  readonly signal?: AbortSignal;
  readonly idempotencyKey?: string;
  readonly ifMatch?: string;
  /** the answer is text to be kept as it is, such as a file of values */
  readonly asText?: boolean;
}

export interface Reply<T> {
  readonly body: T;
  readonly etag: string | null;
}

const TIMEOUT_MS = 35_000;
const OCTETS = 'application/octet-stream';

const isBytes = ({ content, bytesFrom }: Request): boolean =>
  content !== undefined || bytesFrom !== undefined;

export async function send<T>(request: Request, idToken?: string): Promise<Reply<T>> {
  const wanted = request.asText === true ? 'text/csv' : 'application/json';
  const headers: Record<string, string> = { Accept: `${wanted}, application/problem+json` };
  if (idToken !== undefined) headers.Authorization = idToken;
  if (request.idempotencyKey !== undefined) headers['Idempotency-Key'] = request.idempotencyKey;
  if (request.ifMatch !== undefined) headers['If-Match'] = request.ifMatch;
  if (request.body !== undefined) headers['Content-Type'] = 'application/json';
  if (request.content !== undefined) headers['Content-Type'] = OCTETS;
  if (request.bytesFrom !== undefined) {
    headers.Accept = OCTETS;
    headers.Range = `bytes=${request.bytesFrom}-`;
  }
  // Four megabytes take their time on a slow line.
  const timeout = AbortSignal.timeout(isBytes(request) ? 4 * TIMEOUT_MS : TIMEOUT_MS);

  let response: Response;
  let text: string;
  try {
    response = await fetch(new URL(request.path, document.baseURI), {
      method: request.method,
      headers,
      body: request.content ?? asJson(request.body),
      credentials: 'same-origin',
      cache: 'no-store',
      redirect: 'error',
      signal: request.signal === undefined ? timeout : AbortSignal.any([timeout, request.signal]),
    });
    if (response.ok && request.bytesFrom !== undefined) {
      return { body: (await response.blob()) as T, etag: response.headers.get('ETag') };
    }
    text = await response.text();
  } catch {
    request.signal?.throwIfAborted();
    throw new Unreachable();
  }
  const body = request.asText === true && response.ok ? text : parse(text);
  if (!response.ok) throw toProblem(response, body);
  return { body: body as T, etag: response.headers.get('ETag') };
}

const asJson = (body: unknown): string | null =>
  body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body);

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
