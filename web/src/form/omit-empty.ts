import type { Data } from '../types';

/**
 * The record without what nobody filled in: no empty texts, objects or lists. What was typed stays
 * byte for byte; a text of blanks only is still a text.
 */
export function omitEmpty(data: Data): Data {
  return (prune(data) as Data | undefined) ?? {};
}

function prune(value: unknown): unknown {
  if (value === undefined || value === '') return undefined;
  if (Array.isArray(value)) {
    const kept = value.map(prune).filter((item) => item !== undefined);
    return kept.length === 0 ? undefined : kept;
  }
  if (typeof value === 'object' && value !== null) {
    const kept = Object.entries(value)
      .map(([name, item]) => [name, prune(item)] as const)
      .filter(([, item]) => item !== undefined);
    return kept.length === 0 ? undefined : Object.fromEntries(kept);
  }
  return value;
}
