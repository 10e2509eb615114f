import { expect, test } from 'vitest';
import {
  eraOf,
  formatDate,
  formatMoment,
  formatPartial,
  inJapan,
  westernYear,
} from '../src/wareki';

test('the last day of an era and the first of the next', () => {
  expect(formatDate('1912-07-29')).toBe('明治45年7月29日');
  expect(formatDate('1912-07-30')).toBe('大正元年7月30日');
  expect(formatDate('1926-12-24')).toBe('大正15年12月24日');
  expect(formatDate('1926-12-25')).toBe('昭和元年12月25日');
  expect(formatDate('1989-01-07')).toBe('昭和64年1月7日');
  expect(formatDate('1989-01-08')).toBe('平成元年1月8日');
  expect(formatDate('2019-04-30')).toBe('平成31年4月30日');
  expect(formatDate('2019-05-01')).toBe('令和元年5月1日');
});

test('every day since 明治 goes to its era and back', () => {
  for (let t = Date.UTC(1873, 0, 1); t < Date.UTC(2030, 0, 1); t += 86_400_000) {
    const day = new Date(t);
    const y = day.getUTCFullYear();
    const { era, year } = eraOf(y, day.getUTCMonth() + 1, day.getUTCDate());
    expect(westernYear(era, year)).toBe(y);
  }
});

test('years an era never had', () => {
  expect(westernYear('昭和', 65)).toBeNull();
  expect(westernYear('平成', 32)).toBeNull();
  expect(westernYear('平成', 31)).toBe(2019);
  expect(westernYear('大正', 0)).toBeNull();
  expect(westernYear('西暦', 65)).toBeNull();
});

test('what is not known is said, and a year of two eras is named by both', () => {
  expect(formatPartial({ y: 1965, m: 5, d: null })).toBe('昭和40年5月（日不明）');
  expect(formatPartial({ y: 1989, m: null, d: null })).toBe('昭和64年・平成元年（月日不明）');
  expect(formatPartial({ y: 1989, m: 1, d: null })).toBe('昭和64年・平成元年1月（日不明）');
  expect(formatPartial({ y: null, m: null, d: null })).toBe('年不明（月日不明）');
});

test('instants are read in Japanese time', () => {
  expect(inJapan('2026-03-31T15:30:00Z')).toEqual({ date: '2026-04-01', time: '00:30' });
  expect(formatMoment('2026-03-31T15:30:00Z')).toBe('令和8年4月1日 00:30');
  expect(formatMoment('2026-04-01')).toBe('令和8年4月1日');
});
