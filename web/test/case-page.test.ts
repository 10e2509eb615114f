import { readFileSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { arrange } from '../src/form/shape';
import { aboutText, namedAbout } from '../src/screens/case/about/about';
import { takesAbout } from '../src/screens/case/about/takes-about';
import { rowsOf } from '../src/screens/case/compare/differences';
import {
  copiedRemarks,
  isConfirmed,
  stillCopied,
  worthCopying,
} from '../src/screens/case/copied/copied';
import { refusal, sha256, sizeText, stretch } from '../src/screens/case/files/parts';
import { inOrder, rolesOf, standing, withDone } from '../src/screens/case/plan/board';
import { factOf } from '../src/screens/case/timeline/fact';
import { woven } from '../src/screens/case/timeline/markers';
import { severalCases } from '../src/screens/case/timeline/several';
import type { Data, FormRecord, Page, Schema } from '../src/types';

const FORMS = new URL('../../schemas/forms/', import.meta.url);
const formOf = (name: string): Schema => {
  const version =
    readdirSync(new URL(`${name}/`, FORMS))
      .sort()
      .at(-1) ?? '';
  return JSON.parse(readFileSync(new URL(`${name}/${version}`, FORMS), 'utf8'));
};

// --- plan

const PLAN = {
  goals: '暮らしを立て直す',
  roles: [
    { itemId: 'a', support: '家計', agencyId: 'z', due: '2026-05-31' },
    { itemId: 'b', goal: '通院', agencyId: 'y', done: '2026-05-01', due: '2026-04-01' },
    { itemId: 'c', agencyId: 'y' },
    { itemId: 'd', support: '見守り', agencyId: 'y', due: '2026-04-30' },
  ],
};
const name = (id: string): string => id;

test('a role is late the day after it was due, and never once it is done', () => {
  const stands = (today: string) => rolesOf(PLAN).map((role) => standing(role, today));
  expect(stands('2026-05-31')).toEqual([
    { kind: 'due', days: 0 },
    { kind: 'done', on: '2026-05-01' },
    { kind: 'undated' },
    { kind: 'overdue', days: 31 },
  ]);
  expect(stands('2026-06-01')[0]).toEqual({ kind: 'overdue', days: 1 });
});

test('what waits comes first, by date or by agency', () => {
  const order = (by: 'date' | 'agency') =>
    inOrder(rolesOf(PLAN), by, name).map(({ itemId }) => itemId);
  expect(order('date')).toEqual(['d', 'a', 'c', 'b']);
  expect(order('agency')).toEqual(['d', 'c', 'b', 'a']);
});

test('marking a row changes that row alone', () => {
  const done = withDone(PLAN, 'a', '2026-06-01');
  expect(done.goals).toBe(PLAN.goals);
  expect(rolesOf(done).map((role) => role.done)).toEqual(['2026-06-01', '2026-05-01', null, null]);
  expect(withDone(done, 'a', null)).toEqual(PLAN);
  expect(withDone(PLAN, 'no such row', '2026-06-01')).toEqual(PLAN);
});

// --- course of support

test('turning points stand between the records, as far as these have come', () => {
  const at = (createdAt: string, form: string) =>
    ({ recordId: createdAt, createdAt, form }) as never;
  const items = [at('2026-05-03', 'progress'), at('2026-05-01', 'progress')];
  const heads = [
    at('2026-05-04', 'consent'),
    at('2026-05-02', 'transition'),
    at('2026-05-02', 'progress'),
    at('2026-04-01', 'plan'),
  ];
  const shown = (complete: boolean) =>
    woven(items, heads, complete).map((e) => (e.kind === 'turn' ? e.head : e.item).createdAt);
  expect(shown(false)).toEqual(['2026-05-04', '2026-05-03', '2026-05-02', '2026-05-01']);
  expect(shown(true).at(-1)).toBe('2026-04-01');
  expect(woven([], heads, true)).toHaveLength(3);
});

test('several cases make one list: nothing lost, nothing twice, the newest first', async () => {
  const held: Record<string, number[]> = { a: [9, 7, 6, 2, 1], b: [8, 5], c: [], d: [4, 3] };
  let broken = true;
  const load = async (caseId: string, cursor: string | null): Promise<Page<FormRecord>> => {
    const at = cursor === null ? 0 : Number(cursor);
    if (caseId === 'a' && at === 2 && broken) {
      broken = false;
      throw new Error('the line is cut');
    }
    const all = held[caseId] ?? [];
    // Pages may be short, and empty without being the last.
    const size = caseId === 'd' && at === 0 ? 0 : 2;
    const next = caseId === 'd' && at === 0 ? 0.5 : Math.floor(at) + size;
    const items = all.slice(Math.floor(at), Math.floor(at) + size);
    const more = next < all.length;
    return {
      items: items.map((n) => ({ recordId: `${n}`, createdAt: `${n}` }) as never),
      nextCursor: more ? String(next) : null,
    };
  };
  const fetch = severalCases(['a', 'b', 'c', 'd'], load, 4);
  const seen: string[] = [];
  let cursor: string | null = null;
  for (;;) {
    const asked: string | null = cursor;
    const page: Awaited<ReturnType<typeof fetch>> = await fetch(asked).catch(() => fetch(asked));
    expect(page.items.length).toBeLessThanOrEqual(4);
    seen.push(...page.items.map((item) => `${item.caseId}${item.recordId}`));
    cursor = page.nextCursor;
    if (cursor === null) break;
  }
  expect(seen).toEqual(['a9', 'b8', 'a7', 'a6', 'b5', 'd4', 'd3', 'a2', 'a1']);
  // Asked again from the beginning it is the same list.
  expect((await fetch(null)).items.map((item) => item.recordId)).toEqual(['9', '8', '7', '6']);
});

// --- whom a text is about

test('forms with free text ask whom they are about, unless they say it themselves', () => {
  expect(
    ['progress', 'plan', 'evaluation', 'closure'].filter((n) => !takesAbout(formOf(n))),
  ).toEqual([]);
  const own = [
    'intake',
    'household',
    'issues',
    'consent',
    'assessment-living',
    'sealed',
    'members',
  ];
  expect(own.filter((n) => takesAbout(formOf(n)))).toEqual([]);
});

test('nobody named means the household; nothing saved means the 本人', () => {
  const people = [
    { value: 'p1', label: '花子（本人）', preset: true },
    { value: 'p2', label: '太郎', preset: false },
  ];
  expect(namedAbout(undefined, people)).toEqual(['p1']);
  expect(namedAbout({ '': [] }, people)).toEqual([]);
  expect(namedAbout({ '': ['p2', 'gone'] }, people)).toEqual(['p2', 'gone']);
  expect(aboutText({ '': [] }, people)).toBe('世帯全体');
  expect(aboutText({ '': ['p1', 'p2'] }, people)).toBe('花子（本人）、太郎');
  expect(aboutText({ '': ['p1'] }, people.slice(0, 1))).toBe('');
});

// --- copied

test('what was copied waits until it is confirmed or changed', () => {
  const form = formOf('assessment-household');
  const last = {
    date: '2026-05-01',
    neighbourhood: '自治会',
    ties: [{ partner: '友人' }],
    gone: 1,
  };
  const copied = worthCopying(last, form);
  expect(copied).toEqual({ neighbourhood: '自治会', ties: [{ partner: '友人' }] });
  const waiting = (data: object, ...confirmed: string[]) =>
    stillCopied(copied, data as never, confirmed);
  expect(waiting({ ...copied })).toEqual(['neighbourhood', 'ties']);
  expect(waiting({ ...copied, neighbourhood: '退会' })).toEqual(['ties']);
  expect(waiting({ neighbourhood: '自治会' }, 'neighbourhood')).toEqual([]);
  const [remark] = copiedRemarks(new Set(['ties']), copied, form);
  expect(remark).toMatchObject({ pointer: '/ties', title: 'つながり(エコマップ)' });
  expect(remark && isConfirmed(remark, new Set(['ties']))).toBe(false);
  expect(remark && isConfirmed(remark, new Set())).toBe(true);
});

// --- revisions

test('two revisions are told apart field by field, whatever the order of their keys', () => {
  const form = formOf('intake');
  const then = { name: '花子', wishes: '働きたい', urgency: { level: '1', note: 'x' } };
  const now = { name: '花代', urgency: { note: 'x', level: '1' }, email: 'a@example.jp', odd: 1 };
  expect(rowsOf(then, now, form).map(({ name: n, change }) => [n, change])).toEqual([
    ['name', 'changed'],
    ['email', 'added'],
    ['wishes', 'removed'],
    ['urgency', 'same'],
    ['odd', 'added'],
  ]);
});

// --- files

test('parts join to the whole file', () => {
  const size = 9 * 1024 * 1024 + 1;
  const part = 4 * 1024 * 1024;
  const parts = [1, 2, 3].map((number) => stretch(number, part, size));
  expect(parts[0]?.[0]).toBe(0);
  expect(parts[1]?.[0]).toBe(parts[0]?.[1]);
  expect(parts[2]).toEqual([2 * part, size]);
});

test('what need not be sent is refused with a reason', async () => {
  expect(refusal('写真.JPG', 1)).toBe(null);
  expect(refusal('報告.docx', 20 * 1024 * 1024)).toBe(null);
  expect(refusal('報告.docx', 20 * 1024 * 1024 + 1)).toContain('20 MB');
  expect(refusal('a.pdf', 0)).toContain('中身のない');
  expect(refusal('a.HEIC', 1)).toContain('JPEG');
  for (const odd of ['pdf', 'a.', 'a.pdf.exe', '.pdf.zip', 'a.doc']) {
    expect(refusal(odd, 1), odd).toContain('受け付けられません');
  }
  expect([sizeText(1), sizeText(1536), sizeText(4 * 1024 * 1024)]).toEqual([
    '1バイト',
    '1.5 KB',
    '4 MB',
  ]);
  const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
  expect(await sha256(new Blob([]))).toBe(empty);
});

// --- what a form shows at first

test('brief shows what must be filled in and loses nothing', () => {
  const form = formOf('intake');
  const { first, later } = arrange(form, true);
  const shown = first.flatMap((section) => section.properties);
  expect(shown.length).toBeLessThanOrEqual(12);
  expect(shown).toEqual(expect.arrayContaining([...(form.required ?? []), 'name', 'topConcern']));
  expect(shown).not.toContain('chiefComplaint');
  const all = [...shown, ...later.flatMap((section) => section.properties)].sort();
  const known = (form['x-sections'] ?? []).flatMap((section) => [...section.properties]).sort();
  expect(all).toEqual(known);
});

test('the four sheets of the assessment stand open at their head alone', () => {
  for (const sheet of ['household', 'living', 'income', 'issues']) {
    const { first, later } = arrange(formOf(`assessment-${sheet}`));
    expect(first.map((section) => section.key)).toEqual(['head']);
    expect(later.length).toBeGreaterThanOrEqual(3);
  }
});

test('a turning point says in a few words what it was', () => {
  const said = (name: string, data: Data) => {
    const form = formOf(name);
    const properties = Object.fromEntries(
      Object.entries(form.properties ?? {}).map(([key, one]) => [
        key,
        key === 'programme' ? { oneOf: [{ const: 'multi-agency', title: '多機関協働' }] } : one,
      ]),
    );
    return factOf(
      { form: name, data },
      { ...form, properties },
      {
        agencies: [{ value: 'npo', label: 'NPO法人' }],
      },
    );
  };
  const plan = { planNumber: 2, programme: 'multi-agency', from: '2026-06-01', goals: '家計' };
  expect(said('plan', plan)).toBe('第2回・多機関協働・令和8年6月1日から');
  expect(said('handover', { agencyId: 'npo', summary: '経過' })).toBe('NPO法人');
  // Where one may not read it, and where the title says enough.
  expect(said('plan', {})).toBe('');
  expect(said('consent-withdrawal', { reason: 'もうよい' })).toBe('');
});
