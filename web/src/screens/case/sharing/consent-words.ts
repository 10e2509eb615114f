/** A consent in the words in which it is explained to the person it is about. */
import type { Agency, Data } from '../../../types';
import { formatDate } from '../../../wareki';

export const CLASS_WORDS: Readonly<Record<string, string>> = {
  '1': 'お名前、住所、電話番号など',
  '2': 'ご家族のこと、困りごと、聞き取った内容',
  '3': '病気、障害、犯罪の経歴や被害など、特に気をつけて扱う情報',
  '4': '支援の経過（いつ、どんなやりとりをしたか）のうち、書いた職員が見せると決めたもの',
  '5': '会議で話し合った記録（その会議に出た人だけが見ます）',
};

const ROLE_WORDS: Readonly<Record<string, string>> = {
  municipality: '市区町村の担当課',
  coordinator: '相談をまとめる機関（多機関協働事業者）。受け持つ機関が替わったときは、新しい機関',
  receiving: '最初に相談を受けた機関',
  participant: 'この支援に加わる機関（これから加わる機関も含みます）',
};

export interface Part {
  readonly title: string;
  readonly lines: readonly string[];
}

const strings = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];

const said = (value: unknown): string => (typeof value === 'string' ? value.trim() : '');

/** With whom a consent shares, by agency and by capacity. */
export function recipients(data: Data, agencies: readonly Agency[]): readonly string[] {
  return [
    ...strings(data.agencies).map(
      (id) => agencies.find(({ agencyId }) => agencyId === id)?.name ?? '登録のない機関',
    ),
    ...strings(data.agencyRoles).map((role) => ROLE_WORDS[role] ?? role),
  ];
}

/** Until when, as it is said to the person. */
export const untilWords = (data: Data): string =>
  said(data.to) === ''
    ? '支援が終わるまでです。1年に1回、続けてよいかを確かめます。'
    : `${formatDate(said(data.to))}までです。`;

/**
 * What a person is told before they decide: who sees what, for what, until when, what nobody is
 * shown, that they may stop at any time, and that refusing does them no harm.
 */
export function explanation(data: Data, agencies: readonly Agency[], town: string): Part[] {
  const classes = strings(data.classes);
  const left = Object.keys(CLASS_WORDS).filter((one) => !classes.includes(one));
  const limits = said(data.limits);
  return [
    {
      title: 'だれが見るのか',
      lines: [
        ...recipients(data, agencies),
        `このほかに、相談を受けている${town}の担当課と、${town}が仕事を任せた機関は、仕事として記録を見ます。`,
      ],
    },
    {
      title: '何を見るのか',
      lines: [
        ...classes.map((one) => CLASS_WORDS[one] ?? one),
        ...(data.taxData === true ? ['税の情報（課税や滞納のこと）'] : []),
      ],
    },
    { title: '何のためか', lines: [said(data.purpose)].filter((line) => line !== '') },
    { title: 'いつまでか', lines: [untilWords(data)] },
    {
      title: '見せないもの',
      lines: [
        ...left.map((one) => CLASS_WORDS[one] ?? one),
        ...(data.taxData === true ? [] : ['税の情報（課税や滞納のこと）']),
        ...(limits === '' ? [] : [`あなたが見せたくないと言ったこと：${limits}`]),
      ],
    },
    {
      title: 'いつでもやめられます',
      lines: [
        '同意は、いつでもやめられます。全部でも、一部でもかまいません。理由は要りません。',
        `${town}の担当課か、話しやすい職員に言ってください。言われた職員が記録すると、その時から見られなくなります。`,
      ],
    },
    {
      title: '同意しなくても、困ることはありません',
      lines: [
        '同意しないことや、途中でやめることを理由に、相談を断ったり、ほかの制度の利用を不利に扱ったりしません。',
      ],
    },
  ];
}
