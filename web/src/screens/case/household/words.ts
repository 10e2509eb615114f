/** What the two drawings say, in sentences: spoken by screen readers and printed beside them. */
import type { Genogram } from '../../../types';
import { formatPartial, todayInJapan, type PartialDate } from '../../../wareki';
import type { Outside, Quality } from './ecomap';
import { livesHere, type Person, type Tie } from './layout';

const SEX: Readonly<Record<string, string>> = { '1': '男性', '2': '女性', '3': '性別はその他' };

export const nameOf = ({ label }: Person): string => (label === '' ? '氏名の記入なし' : label);

/** Full years between a birth date and a day (`2026-04-01`); null where the year is unknown. Where
 * the birthday is unknown the age reached within the year, which is said to be about right. */
export function ageOf(
  birth: PartialDate | null,
  today: string,
): { years: number; exact: boolean } | null {
  if (birth === null || birth.y === null) return null;
  const [y = 0, m = 0, d = 0] = today.split('-').map(Number);
  if (birth.m === null || (birth.m === m && birth.d === null)) {
    return { years: y - birth.y, exact: false };
  }
  const before = m < birth.m || (m === birth.m && d < (birth.d ?? 0));
  return { years: y - birth.y - (before ? 1 : 0), exact: true };
}

export function ageText(person: Person, today: string): string {
  const age = person.deceased ? null : ageOf(person.birthDate, today);
  return age === null ? '' : `${age.exact ? '' : 'およそ'}${age.years}歳`;
}

export function personSentence(person: Person, today: string): string {
  const birth = person.birthDate;
  const said = [
    SEX[person.sex ?? ''] ?? '性別は分かりません',
    birth === null || birth.y === null ? '' : `${formatPartial(birth)}生まれ`,
    ageText(person, today),
    person.deceased ? '亡くなっています' : '',
    person.left && !person.deceased ? '世帯を離れています' : '',
    livesHere(person) ? 'この世帯で暮らしています' : '',
    !person.left && !person.deceased && person.cohabitation === '2' ? '別居しています' : '',
  ].filter((part) => part !== '');
  const relation = person.relation === '' ? '続柄の記入なし' : person.relation;
  return `${nameOf(person)}（${relation}）：${said.join('、')}。`;
}

const BOTH: Readonly<Record<string, string>> = {
  spouse: '夫婦です',
  partner: '事実婚・パートナーです',
  'former-spouse': '離別した夫婦です',
  sibling: 'きょうだいです',
};

export function tieSentence({ kind, from, to, derived }: Tie, nodes: Genogram['nodes']): string {
  const named = (id: string): string => {
    const node = nodes.find(({ personId }) => personId === id);
    return node === undefined ? '' : nameOf(node);
  };
  const source = derived ? '（続柄から）' : '';
  return kind === 'parent'
    ? `${named(from)}は、${named(to)}の親です${source}。`
    : `${named(from)}と${named(to)}は、${BOTH[kind] ?? '親族です'}${source}。`;
}

export const QUALITY: Readonly<Record<Quality, string>> = {
  close: '良好',
  ordinary: '普通',
  distant: '疎遠',
  strained: '葛藤がある',
  cut: '断絶',
  unknown: '不明',
};

export const isQuality = (value: unknown): value is Quality =>
  typeof value === 'string' && Object.hasOwn(QUALITY, value);

/** 「花子：疎遠」, as it stands in a box of the eco-map. */
export const qualityText = ({ who, quality, note }: Outside): string =>
  [who, quality === null ? note : QUALITY[quality]].filter((part) => part).join('：');

export function outsideSentence({ name, who, quality, note }: Outside): string {
  const whose = who === null ? '世帯' : who;
  const how = quality === null ? '関係の良否の記入なし' : QUALITY[quality];
  return `${whose}と${name}：${[how, note].filter((part) => part !== '').join('。')}。`;
}

export const today = (): string => todayInJapan(Date.now());
