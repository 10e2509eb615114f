/** What the household has to do with, gathered from the records that this person is shown. */
import type { CaseResource, Data, Genogram } from '../../../types';
import type { Outside } from './ecomap';
import { isQuality, nameOf } from './words';

interface Known {
  readonly resource: CaseResource;
  readonly genogram: Genogram;
  /** the latest アセスメントシート1; absent where there is none to see */
  readonly assessment: Data | undefined;
  readonly intake: Data | undefined;
  /** agency and kind of agency → what they are called */
  readonly agencyNames: ReadonlyMap<string, string>;
  readonly agencyKinds: ReadonlyMap<string, string>;
  readonly roles: ReadonlyMap<string, string>;
  readonly today: string;
}

const rows = (data: Data | undefined, name: string): readonly Data[] => {
  const value = data?.[name];
  return Array.isArray(value) ? (value as Data[]) : [];
};
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

export function outsideOf(known: Known): readonly Outside[] {
  const { resource, genogram, agencyNames } = known;
  const who = (id: unknown): string | null => {
    const node = genogram.nodes.find(({ personId }) => personId === id);
    return node === undefined ? null : nameOf(node);
  };
  const said = rows(known.assessment, 'ties').map((row): Outside => {
    const name = text(row.partner) || (agencyNames.get(text(row.agencyId)) ?? '');
    return {
      key: text(row.agencyId) || name,
      name,
      who: who(row.personId),
      quality: isQuality(row.tie) ? row.tie : null,
      note: text(row.note),
    };
  });
  // Kin outside the household stand around it as well, where their tie to the 本人 was written down.
  const kin = rows(known.assessment, 'relations').flatMap((row): Outside[] => {
    const node = genogram.nodes.find(({ personId }) => personId === row.personId);
    if (node === undefined || node.isSubject || !isQuality(row.tie)) return [];
    const name = `${nameOf(node)}（${node.relation}）`;
    const subject = genogram.nodes.find(({ isSubject }) => isSubject);
    return [
      {
        key: node.personId,
        name,
        who: subject === undefined ? null : nameOf(subject),
        quality: row.tie,
        note: text(row.note),
      },
    ];
  });
  const taken = new Set(said.flatMap(({ key, name }) => [key, name]));
  const members = resource.members
    .filter(({ to }) => to === null || to >= known.today)
    .filter(({ agencyId, agencyName }) => !taken.has(agencyId) && !taken.has(agencyName))
    .map(({ agencyId, agencyName, role }): Outside => ({
      key: agencyId,
      name: agencyName,
      who: null,
      quality: null,
      note: known.roles.get(role) ?? '',
    }));
  for (const { key, name } of members) taken.add(key).add(name);
  const atIntake = rows(known.intake, 'involvedAgencies')
    .map((row) => text(row.agencyName) || (known.agencyKinds.get(text(row.agencyKind)) ?? ''))
    .filter((name) => name !== '' && !taken.has(name))
    .map((name): Outside => ({
      key: name,
      name,
      who: null,
      quality: null,
      note: '受付のときに関わっていた機関',
    }));
  return unique([...said, ...kin, ...members, ...atIntake]);
}

/** An agency may take part in two capacities: it is said once. */
function unique(outside: readonly Outside[]): readonly Outside[] {
  const seen = new Set<string>();
  return outside.filter((tie) => {
    const key = JSON.stringify([tie.key, tie.who, tie.quality, tie.note]);
    return !seen.has(key) && seen.add(key);
  });
}
