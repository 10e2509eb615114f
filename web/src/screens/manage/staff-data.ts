import { codeLabels, listAgencies, listStaff } from '../../api';
import type { Agency, Staff } from '../../types';
import type { Option } from '../../ui/entry';
import { formatDate, todayInJapan } from '../../wareki';

export interface Registers {
  readonly staff: readonly Staff[];
  readonly agencies: readonly Agency[];
  readonly roles: ReadonlyMap<string, string>;
}

export async function loadRegisters(): Promise<Registers> {
  const [staff, agencies, roles] = await Promise.all([
    listStaff(),
    listAgencies(),
    codeLabels('role'),
  ]);
  const items = [...staff.items].sort(
    (a, b) =>
      a.agencyName.localeCompare(b.agencyName, 'ja') ||
      a.displayName.localeCompare(b.displayName, 'ja'),
  );
  return { staff: items, agencies, roles };
}

export const roleOptions = (roles: ReadonlyMap<string, string>): readonly Option[] =>
  [...roles].map(([value, label]) => ({ value, label }));

export const agencyOptions = (agencies: readonly Agency[]): readonly Option[] =>
  agencies
    .filter(({ to }) => to === null || to >= today())
    .map(({ agencyId, name }) => ({ value: agencyId, label: name }));

export const today = (): string => todayInJapan(Date.now());

export const isOver = ({ validTo }: Staff): boolean => validTo !== null && validTo < today();

export function periodOf({ validFrom, validTo }: Staff): string {
  return `${formatDate(validFrom)}〜${validTo === null ? '' : formatDate(validTo)}`;
}
