/** The records of several cases as one list, newest first, page by page. */
import type { FormRecord, Page, RecordHead } from '../../../types';

export type OfCase<T> = T & { readonly caseId: string };

interface Source {
  readonly caseId: string;
  readonly waiting: readonly FormRecord[];
  /** undefined: nothing was asked yet; null: nothing is left to ask for */
  readonly cursor: string | null | undefined;
}

type Load = (caseId: string, cursor: string | null) => Promise<Page<FormRecord>>;

/**
 * What a list that comes page by page is fetched with. A page ends after `size` records; one that
 * failed is asked for again from the same place, since nothing is kept of it.
 */
export function severalCases(
  caseIds: readonly string[],
  load: Load,
  size = 50,
): (cursor: string | null) => Promise<Page<OfCase<FormRecord>>> {
  const places: (readonly Source[])[] = [];
  return async (cursor) => {
    const from =
      cursor === null
        ? caseIds.map((caseId): Source => ({ caseId, waiting: [], cursor: undefined }))
        : (places[Number(cursor)] ?? []);
    let sources = await Promise.all(from.map((source) => filled(source, load)));
    const items: OfCase<FormRecord>[] = [];
    while (items.length < size) {
      const next = newest(sources);
      if (next === undefined) break;
      const [item, ...waiting] = next.waiting;
      if (item === undefined) break;
      items.push({ ...item, caseId: next.caseId });
      const rest = await filled({ ...next, waiting }, load);
      sources = sources.map((source) => (source === next ? rest : source));
    }
    const more = sources.some(({ waiting }) => waiting.length > 0);
    return { items, nextCursor: more ? String(places.push(sources) - 1) : null };
  };
}

/** With at least one record waiting, unless the case has no more. */
async function filled(source: Source, load: Load): Promise<Source> {
  let { waiting, cursor } = source;
  while (waiting.length === 0 && cursor !== null) {
    const page = await load(source.caseId, cursor ?? null);
    [waiting, cursor] = [page.items, page.nextCursor];
  }
  return { ...source, waiting, cursor };
}

const newest = (sources: readonly Source[]): Source | undefined =>
  sources
    .filter(({ waiting }) => waiting.length > 0)
    .reduce<Source | undefined>(
      (best, one) => (best === undefined || first(one) > first(best) ? one : best),
      undefined,
    );

const first = ({ waiting }: Source): string => waiting[0]?.createdAt ?? '';

export const headsOf = (
  cases: readonly { readonly caseId: string; readonly records: readonly RecordHead[] }[],
): readonly OfCase<RecordHead>[] =>
  cases.flatMap(({ caseId, records }) => records.map((head) => ({ ...head, caseId })));
