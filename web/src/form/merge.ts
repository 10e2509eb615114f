/** Two people changed the same record: what differs, field by field, and what is to be saved. */
import type { Data } from '../types';

export type Choice = 'mine' | 'theirs';

export interface Difference {
  readonly name: string;
  readonly base: unknown;
  readonly mine: unknown;
  readonly theirs: unknown;
  /** who changed it since `base` */
  readonly changedBy: 'me' | 'them' | 'both';
}

const same = (a: unknown, b: unknown): boolean => canonical(a) === canonical(b);

function canonical(value: unknown): string | undefined {
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}

export const sameRecord = (a: Data, b: Data): boolean => same(a, b);

export function differences(
  base: Data,
  mine: Data,
  theirs: Data,
  order: readonly string[],
): Difference[] {
  const names = new Set([...order, ...Object.keys(mine), ...Object.keys(theirs)]);
  return [...names]
    .filter((name) => !same(mine[name], theirs[name]))
    .map((name) => ({
      name,
      base: base[name],
      mine: mine[name],
      theirs: theirs[name],
      changedBy: same(mine[name], base[name])
        ? 'them'
        : same(theirs[name], base[name])
          ? 'me'
          : 'both',
    }));
}

/** Where one side alone changed a field, that change stands; otherwise one's own, until chosen. */
export const proposed = (difference: Difference): Choice =>
  difference.changedBy === 'them' ? 'theirs' : 'mine';

export function merged(
  theirs: Data,
  found: readonly Difference[],
  choices: ReadonlyMap<string, Choice>,
): Data {
  const result: Data = { ...theirs };
  for (const difference of found) {
    if ((choices.get(difference.name) ?? proposed(difference)) === 'theirs') continue;
    if (difference.mine === undefined) delete result[difference.name];
    else result[difference.name] = difference.mine;
  }
  return result;
}
