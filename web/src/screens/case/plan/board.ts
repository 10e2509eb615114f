/** The role board of a plan: who does what until when, and how it stands. Pure. */
import type { Data } from '../../../types';

export interface Role {
  readonly itemId: string;
  readonly what: string;
  readonly agencyId: string;
  readonly person: string;
  readonly frequency: string;
  readonly from: string | null;
  readonly due: string | null;
  readonly done: string | null;
}

export type Standing =
  | { readonly kind: 'done'; readonly on: string }
  | { readonly kind: 'overdue'; readonly days: number }
  | { readonly kind: 'due'; readonly days: number }
  | { readonly kind: 'undated' };

const DAY_MS = 86_400_000;
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const day = (value: unknown): string | null => text(value) || null;

export function rolesOf(plan: Data): readonly Role[] {
  const rows = Array.isArray(plan.roles) ? (plan.roles as Data[]) : [];
  return rows.map((row) => ({
    itemId: text(row.itemId),
    what: text(row.support) || text(row.goal) || text(row.familyRole) || text(row.informal),
    agencyId: text(row.agencyId),
    person: text(row.personName),
    frequency: text(row.frequency),
    from: day(row.from),
    due: day(row.due),
    done: day(row.done),
  }));
}

/** `today`: the day in Japan, `2026-04-01`. What is due today is not overdue. */
export function standing({ due, done }: Role, today: string): Standing {
  if (done !== null) return { kind: 'done', on: done };
  if (due === null) return { kind: 'undated' };
  const days = Math.round((Date.parse(due) - Date.parse(today)) / DAY_MS);
  return days < 0 ? { kind: 'overdue', days: -days } : { kind: 'due', days };
}

export type Order = 'date' | 'agency';

/** What waits comes first: by date, undated ones after it, what is done last; or by agency. */
export function inOrder(
  roles: readonly Role[],
  order: Order,
  agencyName: (agencyId: string) => string,
): readonly Role[] {
  const rank = ({ due, done }: Role): string =>
    done !== null ? `2${done}` : due !== null ? `0${due}` : '1';
  const key = (role: Role): string =>
    order === 'date' ? rank(role) : `${agencyName(role.agencyId)}\n${rank(role)}`;
  return [...roles].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
}

/** The plan with a row done on a day, or not done. */
export function withDone(plan: Data, itemId: string, on: string | null): Data {
  const rows = Array.isArray(plan.roles) ? (plan.roles as Data[]) : [];
  return {
    ...plan,
    roles: rows.map((row) => {
      if (row.itemId !== itemId) return row;
      const { done: _, ...rest } = row;
      return on === null ? rest : { ...rest, done: on };
    }),
  };
}
