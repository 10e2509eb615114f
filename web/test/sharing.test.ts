import { describe, expect, it } from 'vitest';
import { picked } from '../src/form/picked';
import { explanation, recipients } from '../src/screens/case/sharing/consent-words';
import { pledgeOf, pledgeWords, whenOf } from '../src/screens/meetings/words';
import { TERMS, termOfBasis } from '../src/ui/terms';
import type { Agency, BookEntry, Data, Schema } from '../src/types';

const AGENCIES: readonly Agency[] = [
  {
    agencyId: 'npo',
    name: 'NPO法人',
    kind: '16',
    kindLabel: 'NPO',
    memberKind: null,
    contract: null,
    to: null,
    revision: 1,
  },
  {
    agencyId: 'office',
    name: '福祉課',
    kind: '30',
    kindLabel: '主管課',
    memberKind: null,
    contract: null,
    to: null,
    revision: 1,
  },
];

const all = (data: Data): string =>
  explanation(data, AGENCIES, 'ある市')
    .flatMap(({ title, lines }) => [title, ...lines])
    .join('\n');

const part = (data: Data, title: string): string =>
  explanation(data, AGENCIES, 'ある市')
    .find((one) => one.title === title)
    ?.lines.join('\n') ?? '';

describe('what a person is told before they consent', () => {
  const data = {
    agencies: ['npo'],
    agencyRoles: ['coordinator'],
    classes: ['1', '4'],
    purpose: '住まいのため',
    limits: '弟には知らせないで',
    to: '2027-03-31',
  };

  it('names who sees what, for what and until when', () => {
    expect(recipients(data, AGENCIES)[0]).toBe('NPO法人');
    expect(part(data, 'だれが見るのか')).toContain('多機関協働事業者');
    expect(part(data, '何を見るのか')).toContain('支援の経過');
    expect(part(data, '何のためか')).toBe('住まいのため');
    expect(part(data, 'いつまでか')).toBe('令和9年3月31日までです。');
  });

  it('names what is not shown: every class that was not chosen, tax, and what was asked', () => {
    const hidden = part(data, '見せないもの');
    expect(hidden).toContain('病気、障害');
    expect(hidden).toContain('税の情報');
    expect(hidden).toContain('弟には知らせないで');
    expect(hidden).not.toContain('お名前');
    expect(part({ ...data, taxData: true }, '見せないもの')).not.toContain('税');
    expect(part({ ...data, taxData: true }, '何を見るのか')).toContain('税');
  });

  it('always says that one may stop, and that refusing does no harm', () => {
    for (const given of [data, {}]) {
      expect(all(given)).toContain('いつでもやめられます');
      expect(all(given)).toContain('理由は要りません');
      expect(all(given)).toContain('同意しなくても、困ることはありません');
    }
    expect(all({})).not.toContain('支援会議');
  });
});

describe('pledges of secrecy', () => {
  const entry = (data: Data): BookEntry => ({
    entryId: 'r-1',
    form: 'pledge',
    formVersion: '1.0.0',
    revision: 1,
    data,
    createdAt: '2026-06-01T00:00:00Z',
    updatedAt: '2026-06-01T00:00:00Z',
    updatedBy: { staffId: 'k', displayName: '管理', agencyName: '課' },
  });
  const person = { staffId: 's', name: '木漏' };
  const pledges = [
    entry({ staffId: 's', pledgedOn: '2025-04-01', until: '2026-03-31' }),
    entry({ staffId: 's', pledgedOn: '2026-06-01' }),
    entry({ staffId: 'other', pledgedOn: '2026-01-01' }),
    entry({ name: '校長', agencyId: 'npo', pledgedOn: '2026-01-01' }),
  ];

  it('stand from their day to their last day, for the person who gave them', () => {
    expect(pledgeOf(pledges, person, '2026-03-31')?.pledgedOn).toBe('2025-04-01');
    expect(pledgeOf(pledges, person, '2026-04-01')).toBeUndefined();
    expect(pledgeOf(pledges, person, '2026-06-01')?.pledgedOn).toBe('2026-06-01');
    const guest = { name: '校長', agencyId: 'npo' };
    expect(pledgeOf(pledges, guest, '2026-04-01')?.pledgedOn).toBe('2026-01-01');
    expect(pledgeOf(pledges, { ...guest, agencyId: 'office' }, '2026-04-01')).toBeUndefined();
  });

  it('are not asked of the staff of the office', () => {
    expect(pledgeWords(undefined, AGENCIES[1])).toContain('守秘義務');
    expect(pledgeWords(undefined, AGENCIES[0])).toContain('記録がありません');
    expect(pledgeWords({ pledgedOn: '2026-04-01', until: '2027-03-31' }, undefined)).toBe(
      '令和8年4月1日に誓約（令和9年3月31日まで）',
    );
  });
});

describe('words of meetings', () => {
  it('say day and time as far as they are known', () => {
    expect(whenOf({ date: '2026-06-01' })).toBe('令和8年6月1日');
    expect(whenOf({ date: '2026-06-01', from: '09:30', to: '11:00' })).toBe(
      '令和8年6月1日 09:30〜11:00',
    );
  });

  it('explain every basis of sharing that is a term of law', () => {
    expect(termOfBasis('appi-69-2-3')).toBe('grant');
    expect(termOfBasis('shien-kaigi-106-6')).toBe('shien-kaigi');
    expect(termOfBasis('own-account')).toBeUndefined();
    for (const { title, text } of Object.values(TERMS)) {
      expect(title).not.toBe('');
      expect(text.endsWith('。') || text.endsWith('）。')).toBe(true);
    }
  });
});

describe('a form with some of its fields', () => {
  const form: Schema = {
    properties: { a: {}, b: {}, c: {} },
    required: ['a', 'c'],
    allOf: [
      { if: { properties: { a: { const: 1 } } }, then: { required: ['b'] } },
      { if: { properties: { c: { const: 1 } } }, then: { required: ['a'] } },
    ],
    'x-sections': [
      { key: 'one', title: '一', properties: ['a', 'b'] },
      { key: 'two', title: '二', properties: ['c'] },
    ],
  };

  it('keeps what belongs to them and nothing else', () => {
    const some = picked(form, ['a', 'b']);
    expect(Object.keys(some.properties ?? {})).toEqual(['a', 'b']);
    expect(some.required).toEqual(['a']);
    expect(some.allOf).toHaveLength(1);
    expect(some['x-sections']).toEqual([{ key: 'one', title: '一', properties: ['a', 'b'] }]);
  });
});
