import { readFileSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { checkRecord, fromApi, inFormOrder } from '../src/form/faults';
import { differences, merged, sameRecord } from '../src/form/merge';
import { omitEmpty } from '../src/form/omit-empty';
import { arrange, fit, settle } from '../src/form/shape';
import { KEYWORDS, validate } from '../src/form/validate';
import type { Data, Schema } from '../src/types';

const SCHEMAS = new URL('../../schemas/', import.meta.url);
const read = (path: string): Schema => JSON.parse(readFileSync(new URL(path, SCHEMAS), 'utf8'));

/** As the API bundles it: the code lists under `$defs`, keyed by their urn. */
function bundled(): Schema {
  const form = read('forms/intake/1.0.0.json');
  const lists = readdirSync(new URL('codes/', SCHEMAS)).map((name) =>
    read(`codes/${name}/1.0.0.json`),
  );
  return { ...form, $defs: { ...form.$defs, ...Object.fromEntries(lists.map((l) => [l.$id, l])) } };
}

const form = bundled();
const noConsent: Data = {
  consentVersion: 'no-consent',
  receivedAt: '2026-04-01',
  receivingAgencyId: 'a1',
  receivedBy: '髙橋',
  route: '01',
  name: '葛󠄀城 𠮷子',
  concerns: ['03', '12'],
  topConcern: '12',
  urgency: { level: '1' },
  noConsentReason: '本人に会えていない。',
};
const pointers = (data: Data) =>
  inFormOrder(checkRecord(data, form), form).map((remark) => remark.pointer);

test('the record forms use no keyword that the validator does not know', () => {
  const unknown = new Set<string>();
  const named = new Set(['properties', '$defs']);
  const notes = new Set(['$schema', '$id', '$comment', 'title', 'description', '$defs']);
  const look = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(look);
    else if (typeof value === 'object' && value !== null) {
      for (const [key, item] of Object.entries(value)) {
        if (key.startsWith('x-') || key === 'const' || key === 'enum') continue;
        if (!KEYWORDS.has(key) && !notes.has(key)) unknown.add(key);
        if (named.has(key)) Object.values(item as object).forEach(look);
        else look(item);
      }
    }
  };
  for (const name of readdirSync(new URL('forms/', SCHEMAS))) {
    for (const version of readdirSync(new URL(`forms/${name}/`, SCHEMAS))) {
      look(read(`forms/${name}/${version}`));
    }
  }
  look(form);
  expect([...unknown]).toEqual([]);
});

test('a complete record of each variant passes', () => {
  expect(pointers(noConsent)).toEqual([]);
  const { noConsentReason: _, ...rest } = noConsent;
  const consent = { explainer: '山﨑', date: '2026-04-01', method: '01', evidence: '棚3-12' };
  expect(pointers({ ...rest, consentVersion: 'consent', consent })).toEqual([]);
});

test('an untouched object is asked for by its own required fields', () => {
  const { noConsentReason: _, urgency: __, ...rest } = noConsent;
  expect(pointers({ ...rest, consentVersion: 'consent' })).toEqual([
    '/urgency/level',
    '/consent/explainer',
    '/consent/date',
    '/consent/method',
    '/consent/evidence',
  ]);
});

test('lengths count code points, variation selectors included', () => {
  const schema: Schema = { type: 'string', maxLength: 2 };
  expect(validate('葛\u{E0100}', schema)).toEqual([]);
  expect(validate('𠮷𠮷', schema)).toEqual([]);
  expect(validate('𠮷𠮷𠮷', schema)).toHaveLength(1);
});

test('a date that is no date, and a birthday with a hole, are found at the field', () => {
  expect(pointers({ ...noConsent, receivedAt: '2026-02-30' })).toEqual(['/receivedAt']);
  expect(pointers({ ...noConsent, birthDate: { y: 1965, m: null, d: 3 } })).toEqual(['/birthDate']);
  expect(pointers({ ...noConsent, birthDate: { y: '昭和99', m: 1, d: 3 } })).toEqual([
    '/birthDate',
  ]);
  expect(pointers({ ...noConsent, birthDate: { y: null, m: null, d: null } })).toEqual([]);
});

test('whoever finds a date wrong, the advice speaks of year, month and day', () => {
  const advice = (name: string, value: unknown, pointer: string, code: string) => {
    const data = { ...noConsent, [name]: value };
    const problem = { pointer, code, message: '2026-04-01 のように記入してください。' };
    return [...checkRecord(data, form), ...fromApi([problem], data, form)].map((r) => r.message);
  };
  for (const code of ['format', 'pattern']) {
    for (const wrong of ['2026-13-01', '2026-02-30', '2026--', '令和99-01-01']) {
      const said = advice('receivedAt', wrong, '/data/receivedAt', code);
      expect(said).toHaveLength(2);
      expect(new Set(said).size).toBe(1);
      expect(said[0]).toMatch(/^年・月・日を確かめてください。/);
    }
  }
  const born = advice('birthDate', { y: 1965, m: 13, d: null }, '/data/birthDate/m', 'maximum');
  expect(new Set(born).size).toBe(1);
  expect(born[0]).toMatch(/^年・月・日を確かめてください。/);
  // A day that exists but cannot be is the API's to explain.
  const future = { pointer: '/data/receivedAt', code: 'future-date', message: '先の日付です。' };
  expect(fromApi([future], noConsent, form).map((r) => r.message)).toEqual(['先の日付です。']);
});

test('the variant decides what is shown and what is saved', () => {
  const shown = (data: Data) => Object.keys(settle(form, data, form).properties ?? {});
  expect(shown({})).not.toContain('consent');
  expect(shown({})).not.toContain('noConsentReason');
  expect(shown(noConsent)).toContain('noConsentReason');
  expect(shown({ consentVersion: 'consent' })).toContain('consent');

  const secret: Data = {
    ...noConsent,
    addressProtection: 'yes',
    address: { full: '船橋市湊町0-0-0' },
    household: [{ name: '神 太郎', occupationOrSchool: '湊小学校' }],
  };
  const { kept, dropped } = fit(secret, settle(form, secret, form), form);
  expect(kept.address).toBeUndefined();
  expect(kept.household).toEqual([{ name: '神 太郎' }]);
  expect(dropped).toEqual(['住所', '職業・学校']);
});

test('a condition on a list leaves it a list', () => {
  const classes: Schema = { type: 'array', items: { oneOf: [{ const: '1', title: '一' }] } };
  const consent: Schema = {
    properties: { kinds: { type: 'array', items: { type: 'string' } }, classes },
    allOf: [
      {
        if: { properties: { kinds: { contains: { const: 'sharing' } } }, required: ['kinds'] },
        then: { properties: { classes: { minItems: 1 } } },
      },
    ],
  };
  const found = settle(consent, { kinds: ['sharing'] }, consent).properties?.classes;
  expect(found).not.toHaveProperty('properties');
  expect(found).toMatchObject({ type: 'array', items: classes.items });
});

test('an optional object asks for nothing until it is begun', () => {
  const address = (data: Data) => {
    const found = settle(form, data, form).properties?.address;
    return typeof found === 'object' ? found.required : undefined;
  };
  expect(address({})).toEqual([]);
  expect(address({ address: { postalCode: '273-0000' } })).toEqual(['full']);
});

test('sections that must be filled come first', () => {
  const { first, later } = arrange(form);
  expect(first.map((s) => s.key)).toEqual([
    'reception',
    'person',
    'concerns',
    'urgency',
    'consent',
  ]);
  expect(later.map((s) => s.key)).toContain('household');
});

test('what nobody filled in is not sent; what was typed stays as typed', () => {
  expect(
    omitEmpty({ a: '', b: { c: undefined }, d: [{}, { e: ' ' }], f: 0, g: false, h: [], i: null }),
  ).toEqual({ d: [{ e: ' ' }], f: 0, g: false, i: null });
  const name = '神\uFA19葛\u{E0100}';
  expect(omitEmpty({ name }).name).toBe(name);
});

test('a conflict merges what one side alone changed and asks for the rest', () => {
  const base = { name: 'a', sex: '1', wishes: 'w' };
  const mine = { name: 'b', sex: '1', wishes: 'mine' };
  const theirs = { name: 'a', sex: '2', wishes: 'theirs' };
  const found = differences(base, mine, theirs, ['name', 'sex', 'wishes']);
  expect(found.map((d) => [d.name, d.changedBy])).toEqual([
    ['name', 'me'],
    ['sex', 'them'],
    ['wishes', 'both'],
  ]);
  expect(merged(theirs, found, new Map())).toEqual({ name: 'b', sex: '2', wishes: 'mine' });
  expect(merged(theirs, found, new Map([['wishes', 'theirs']]))).toMatchObject({
    wishes: 'theirs',
  });
});

test('a field that I emptied is emptied in the merged record too', () => {
  const found = differences({ wishes: 'w' }, {}, { wishes: 'w', sex: '1' }, []);
  expect(merged({ wishes: 'w', sex: '1' }, found, new Map())).toEqual({ sex: '1' });
  expect(sameRecord({ a: { x: 1, y: 2 } }, { a: { y: 2, x: 1 } })).toBe(true);
});
