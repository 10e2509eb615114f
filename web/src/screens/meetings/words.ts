/** What is said of a meeting in plain words. */
import type { Agency, AgendaItem, BookEntry, Data } from '../../types';
import { formatDate } from '../../wareki';

export const text = (value: unknown): string => (typeof value === 'string' ? value : '');

export const rows = (data: Data, name: string): readonly Data[] =>
  Array.isArray(data[name]) ? (data[name] as Data[]) : [];

/** The kind whose basis is 106条の6; every other kind rests on the consent of the 本人. */
export const SHIEN = 'shien';
export const JUSO = 'juso';

export const basisOf = (kind: string): string => (kind === SHIEN ? '106-6' : 'consent');

/** Why this case may be talked about at a meeting. */
export const BASIS_WORDS: Readonly<Record<string, string>> = {
  '106-6':
    '本人の同意がなくても話し合えます（社会福祉法106条の6）。ここで知ったことは、会議の外で話せません。',
  consent: '本人が情報の共有に同意しているので、同意の範囲で話し合えます。',
};

/** Day and time of a meeting. */
export function whenOf(data: Data): string {
  const times = [text(data.from), text(data.to)].filter((time) => time !== '');
  return `${formatDate(text(data.date))}${times.length === 0 ? '' : ` ${times.join('〜')}`}`;
}

/** The pledge of a person that stands on a day; the latest one where there are more. */
export function pledgeOf(
  pledges: readonly BookEntry[],
  person: { readonly staffId?: string; readonly name: string; readonly agencyId?: string },
  on: string,
): Data | undefined {
  return pledges
    .map(({ data }) => data)
    .filter((data) =>
      person.staffId !== undefined
        ? data.staffId === person.staffId
        : data.staffId === undefined &&
          data.name === person.name &&
          data.agencyId === person.agencyId,
    )
    .filter(({ pledgedOn, until }) => text(pledgedOn) <= on && (!until || text(until) >= on))
    .sort((a, b) => text(b.pledgedOn).localeCompare(text(a.pledgedOn)))[0];
}

/** The municipality's own office: its staff are bound by their office. */
const OFFICE = '30';

/** Whether somebody has pledged secrecy, and until when. */
export function pledgeWords(pledge: Data | undefined, agency: Agency | undefined): string {
  if (pledge === undefined) {
    return agency?.kind === OFFICE ? '職員として守秘義務があります' : '誓約の記録がありません';
  }
  const until = text(pledge.until);
  const end = until === '' ? '終わりの日なし' : `${formatDate(until)}まで`;
  return `${formatDate(text(pledge.pledgedOn))}に誓約（${end}）`;
}

/** By what a case on the agenda is called here: its name for those who may know it. */
export const caseLabel = ({ name, caseId }: AgendaItem): string => name ?? caseId;

/** The days on which the papers lie open. */
export const windowWords = (data: Data): string =>
  `${formatDate(text(data.papersFrom))}から${formatDate(text(data.papersTo))}まで`;
