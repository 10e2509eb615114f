import { expect, test } from 'vitest';
import { codePoints, partOf, rendered, withMask } from '../src/screens/manage/masks';
import { csv } from '../src/ui/download';

const TEXT = '葛󠄀飾の𠮷田さん';
const ground = '78-1-2';

test('places are counted in code points', () => {
  expect(codePoints(TEXT, TEXT.indexOf('𠮷'))).toBe(4);
  expect(partOf(TEXT, { start: 4, end: 6 })).toBe('𠮷田');
});

test('a mask is three squares, whatever its length', () => {
  const masks = [
    { start: 4, end: 6, ground },
    { start: 0, end: 1, ground },
  ];
  expect(rendered(TEXT, masks)).toBe('■■■\u{E0100}飾の■■■さん');
  expect(rendered(TEXT, [])).toBe(TEXT);
});

test('masks that overlap become one', () => {
  const one = withMask([{ start: 2, end: 5, ground }], { start: 4, end: 7, ground: '78-1-7' });
  expect(one).toEqual([{ start: 2, end: 7, ground: '78-1-7' }]);
  const two = withMask(one, { start: 7, end: 8, ground });
  expect(two.map(({ start }) => start)).toEqual([2, 7]);
});

test('values stay values in a spreadsheet', () => {
  expect(csv([['a"b', '=1+1', '＝', '-2', 'a\nb']])).toBe('"a""b","\'=1+1","＝","\'-2","a\nb"\r\n');
});
