import {
  getRecord,
  listAgencies,
  listColleagues,
  listMeetings,
  listRecords,
  type When,
} from '../../api';
import type { Choice, Choices } from '../../form/choices';
import type { CaseResource, Data, Me, MeetingHead, Schema } from '../../types';
import { formatDate, formatMoment, todayInJapan } from '../../wareki';
import { takesAbout } from './about/takes-about';
import { CASE_AGENCIES } from '../../form/shared-with';
import { takingPart } from './timeline/shared';

const PLANS = 'plan';
const CONFERENCE = 'conference';

const rows = (data: Data | undefined, name: string): readonly Data[] => {
  const value = data?.[name];
  return Array.isArray(value) ? (value as Data[]) : [];
};

const words = (row: Data, ...names: string[]): string =>
  names
    .map((name) => row[name])
    .filter((value): value is string => typeof value === 'string' && value !== '')
    .join('・');

export const agencyChoices = async (): Promise<readonly Choice[]> =>
  (await listAgencies()).map(({ agencyId, name, to }) => ({
    value: agencyId,
    // Its records keep naming it; the API takes it for nothing new.
    label: to !== null && to < todayInJapan(Date.now()) ? `${name}（終わった機関）` : name,
  }));

const MOST_PAGES = 10;

/** A busy town has more meetings than one page of them: whoever looks for one finds it. */
async function everyMeeting(when: When): Promise<readonly MeetingHead[]> {
  const found: MeetingHead[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const { items, nextCursor }: Awaited<ReturnType<typeof listMeetings>> = await listMeetings(
      when,
      cursor,
    );
    found.push(...items);
    if (nextCursor === null) break;
    cursor = nextCursor;
  }
  return found;
}

/** What the fields of a form may name in this case; only what the form asks for is looked up. */
export async function choicesOf(form: Schema, resource: CaseResource, me: Me): Promise<Choices> {
  const { caseId, records } = resource;
  const has = (recordId: string) => records.some((record) => record.recordId === recordId);
  const read = async (recordId: string): Promise<Data | undefined> =>
    has(recordId) ? (await getRecord(caseId, recordId)).data : undefined;
  const heads = (form?: string): readonly Choice[] =>
    records
      .filter((record) => form === undefined || record.form === form)
      .map(({ recordId, title, createdAt }) => ({
        value: recordId,
        label: `${title}（${formatMoment(createdAt)}）`,
      }));

  const lookUp: Readonly<Record<string, () => Promise<readonly Choice[]>>> = {
    agencies: agencyChoices,
    [CASE_AGENCIES]: async () => {
      // Read anew: an agency may have joined since the case was opened.
      const [all, members] = await Promise.all([agencyChoices(), read('members')]);
      // Who may not read the members is offered every agency: the API says which belong here.
      const here = takingPart(members, todayInJapan(Date.now()));
      return here === null ? all : all.filter(({ value }) => here.has(value));
    },
    persons: async () =>
      rows(await read('household'), 'persons').map((row) => ({
        value: String(row.personId),
        label: `${words(row, 'name') || '氏名の記入なし'}${row.isSubject === true ? '（本人）' : ''}`,
        preset: row.isSubject === true,
      })),
    issues: async () =>
      rows(await read('issues'), 'issues').map((row, at) => ({
        value: String(row.issueId),
        label: `課題${at + 1} ${words(row, 'note', 'detail')}`,
      })),
    'plan-items': async () => {
      const plan = records.find((record) => record.form === PLANS);
      return rows(plan && (await read(plan.recordId)), 'roles').map((row, at) => ({
        value: String(row.itemId),
        label: `${at + 1} ${words(row, 'support', 'goal')}`,
      }));
    },
    plans: () => Promise.resolve(heads(PLANS)),
    records: () => Promise.resolve(heads()),
    cases: () => Promise.resolve([{ value: caseId, label: `このケース（${caseId}）` }]),
    meetings: async () => {
      const laid = records.some((record) => record.form === CONFERENCE);
      const [coming, held, agenda] = await Promise.all([
        everyMeeting('coming'),
        everyMeeting('held'),
        laid ? listRecords(caseId, CONFERENCE, null) : null,
      ]);
      const here = new Set(agenda?.items.map(({ data }) => data.meetingId));
      // Several meetings may bear one name and day: those that had this case come first.
      return [...coming, ...held]
        .map(({ meetingId, data }) => ({
          value: meetingId,
          label: `${words(data, 'title')}（${formatDate(String(data.date ?? ''))}）${here.has(meetingId) ? 'このケースが議題' : ''}`,
        }))
        .sort((a, b) => Number(here.has(b.value)) - Number(here.has(a.value)));
    },
    staff: async () =>
      me.can.convene
        ? (await listColleagues()).map(({ staffId, displayName, agencyName }) => ({
            value: staffId,
            label: `${displayName}（${agencyName}）`,
          }))
        : [{ value: me.staffId, label: `${me.displayName}（自分）` }],
  };

  const asked = new Set(
    [...JSON.stringify(form).matchAll(/"x-choices":"([a-z-]+)"/g)].map(([, kind]) => kind ?? ''),
  );
  if (takesAbout(form)) asked.add('persons');
  const found = await Promise.all(
    [...asked].map(async (kind) => [kind, await lookUp[kind]?.()] as const),
  );
  return Object.fromEntries(found);
}
