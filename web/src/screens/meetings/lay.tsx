import { useCallback, useState } from 'react';
import { currentVersion, layCase, listCases, listColleagues } from '../../api';
import { Problem } from '../../http';
import { consentPath, meetingPath, readCaseId } from '../../router';
import { AGENDA } from '../../drafts/draft';
import { DraftOffer } from '../../drafts/offer';
import { useDraft } from '../../drafts/use-draft';
import type { CaseSummary, Colleague, Data, Draft, Me } from '../../types';
import { useAttemptKey, useSingle } from '../../ui/attempt';
import { Button } from '../../ui/button';
import { CheckList } from '../../ui/check-list';
import { TextArea, TextField } from '../../ui/field';
import { useLatest } from '../../ui/latest';
import { Show, useLoad } from '../../ui/load';
import { Refusal } from '../../ui/refusal';
import { Term } from '../../ui/term';
import { letGo, useUnsaved } from '../../unsaved';
import { Discard } from '../../ui/discard';
import { unsavedText } from '../case/editor';
import type { Room } from './meeting';
import { BASIS_WORDS, basisOf, JUSO, pledgeOf, pledgeWords, rows, SHIEN, text } from './words';

interface Props {
  readonly me: Me;
  readonly room: Room;
  /** the case where it is known already: it moves here with the consent of the 本人 */
  readonly caseId: string | undefined;
  readonly onLaid: () => void;
}

/** A person who may attend. */
interface Person {
  readonly key: string;
  readonly staffId?: string;
  readonly agencyId?: string;
  readonly agencyName: string;
  readonly name: string;
}

/** Lays a case before the meeting: as which kind, on which basis, before whom. */
export function Lay(props: Props) {
  const { me, room, caseId } = props;
  // Read when the screen is opened, and not again because the meeting was read anew: what is being
  // typed would go.
  const now = useLatest({ me, room });
  const [draft, setDraft] = useState<Draft | null>(null);
  const load = useCallback(async () => {
    const [cases, colleagues, formVersion] = await Promise.all([
      caseId === undefined ? everyCase() : Promise.resolve([]),
      listColleagues(),
      currentVersion('conference'),
    ]);
    const people = peopleOf(now.current.room, colleagues, now.current.me);
    return { cases, people, formVersion };
  }, [caseId, now]);
  const [loaded, retry] = useLoad(load);
  return (
    <Show loaded={loaded} retry={retry}>
      {(known) => (
        <>
          <DraftOffer
            caseId={null}
            anyCase
            form={AGENDA}
            recordId={room.meeting.meetingId}
            onContinue={setDraft}
          />
          <Form key={draft?.draftId} {...props} {...known} draft={draft} />
        </>
      )}
    </Show>
  );
}

// Beyond that a case is named by its number.
const MOST_PAGES = 4;

async function everyCase(): Promise<readonly CaseSummary[]> {
  const found: CaseSummary[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const { items, nextCursor }: Awaited<ReturnType<typeof listCases>> = await listCases(cursor);
    found.push(...items);
    if (nextCursor === null) break;
    cursor = nextCursor;
  }
  return found;
}

/** Those who are called, and oneself. */
function peopleOf({ meeting, agencies }: Room, colleagues: readonly Colleague[], me: Me): Person[] {
  const nameOf = (agencyId: string) =>
    agencies.find((one) => one.agencyId === agencyId)?.name ?? '機関の記入なし';
  const registered = (staffId: string): Person[] =>
    colleagues
      .filter((one) => one.staffId === staffId)
      .map((one) => ({
        key: one.staffId,
        staffId: one.staffId,
        agencyId: one.agencyId,
        agencyName: one.agencyName,
        name: one.displayName,
      }));
  const called = rows(meeting.data, 'invited').flatMap((row, at): Person[] =>
    typeof row.staffId === 'string'
      ? registered(row.staffId)
      : [
          {
            key: `row-${at}`,
            name: text(row.name),
            agencyName: nameOf(text(row.agencyId)),
            ...(typeof row.agencyId === 'string' && { agencyId: row.agencyId }),
          },
        ],
  );
  const own = called.some((one) => one.staffId === me.staffId) ? [] : registered(me.staffId);
  return [...own, ...called];
}

interface FormProps extends Props {
  readonly cases: readonly CaseSummary[];
  readonly people: readonly Person[];
  readonly formVersion: string;
  /** what was begun before, where it goes on */
  readonly draft: Draft | null;
}

const never = () => false;

function Form({ room, caseId, onLaid, cases, people, formVersion, draft }: FormProps) {
  const { meeting, kinds, pledges } = room;
  const on = text(meeting.data.date);
  const begun = draft?.data ?? {};
  const listed = cases.some((one) => one.caseId === draft?.caseId);
  const [chosenCase, setChosenCase] = useState(caseId ?? (listed ? draft?.caseId : '') ?? '');
  const [typedCase, setTypedCase] = useState(
    caseId === undefined && !listed ? (draft?.caseId ?? '') : '',
  );
  const [kind, setKind] = useState(text(begun.kind) || (caseId === undefined ? '' : JUSO));
  const [attending, setAttending] = useState<ReadonlySet<string>>(
    new Set(
      people
        .map(({ key }) => key)
        .filter((key) => !Array.isArray(begun.absent) || !begun.absent.includes(key)),
    ),
  );
  const [agenda, setAgenda] = useState(text(begun.agenda));
  const [watchReason, setWatchReason] = useState(text(begun.watchReason));
  const [missing, setMissing] = useState<readonly string[]>([]);
  const [failure, setFailure] = useState<unknown>(null);
  const [busy, single] = useSingle();
  const keyOf = useAttemptKey();
  const dirty = agenda !== '' || watchReason !== '' || typedCase !== '';
  const [leaving, stay] = useUnsaved(dirty, never);

  const attendees = people.filter(({ key }) => attending.has(key));
  const id = typedCase.trim() === '' ? chosenCase : (readCaseId(typedCase) ?? '');
  const kept = useDraft(
    { caseId: id === '' ? null : id, form: AGENDA, recordId: meeting.meetingId },
    dirty
      ? {
          formVersion,
          baseRevision: null,
          data: {
            kind,
            agenda,
            watchReason,
            absent: people.map(({ key }) => key).filter((key) => !attending.has(key)),
          },
          removed: [],
          about: null,
        }
      : null,
    draft?.draftId ?? null,
  );
  const lay = () =>
    single(async () => {
      const lacks = [
        ...(id === '' ? ['ケースを選んでください。'] : []),
        ...(kind === '' ? ['会議の種別を選んでください。'] : []),
        ...(attendees.length === 0 ? ['出席する人を1人以上選んでください。'] : []),
      ];
      setMissing(lacks);
      setFailure(null);
      if (lacks.length > 0) return;
      const data: Data = {
        kind,
        basis: basisOf(kind),
        attendees: attendees.map((person) => attendee(person, pledgedOn(person))),
        ...(agenda.trim() === '' ? {} : { agenda }),
        ...(kind !== SHIEN || watchReason.trim() === '' ? {} : { watchReason }),
      };
      try {
        await layCase(meeting.meetingId, id, { formVersion, data }, keyOf([id, data]));
        letGo();
        kept.drop();
        onLaid();
      } catch (error) {
        setFailure(error);
      }
    });
  const pledgedOn = (person: Person) => text(pledgeOf(pledges, person, on)?.pledgedOn);

  return (
    <form
      className="plain-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void lay();
      }}
    >
      <h2>議題に加える</h2>
      {caseId === undefined ? (
        <>
          <div className="field">
            <label className="field-label" htmlFor="lay-case">
              ケース<span className="required">必須</span>
            </label>
            <select
              id="lay-case"
              className="input select"
              value={chosenCase}
              onChange={(event) => setChosenCase(event.target.value)}
            >
              <option value="">選んでください</option>
              {cases.map((one) => (
                <option key={one.caseId} value={one.caseId}>
                  {one.name || '氏名の記入なし'}（{one.caseId}）
                </option>
              ))}
            </select>
          </div>
          <TextField
            label="一覧にないときは、ケース番号"
            value={typedCase}
            maxLength={40}
            autoComplete="off"
            onChange={setTypedCase}
          />
        </>
      ) : (
        <p>
          ケース：<strong>{caseId}</strong>
        </p>
      )}
      <fieldset className="fieldset">
        <legend className="field-label">
          会議の種別と<Term name="basis">根拠</Term>
          <span className="required">必須</span>
        </legend>
        {[...kinds].map(([one, label]) => (
          <label key={one} className="choice choice-tall">
            <input
              type="radio"
              name="lay-kind"
              checked={kind === one}
              onChange={() => setKind(one)}
            />
            <span>
              <strong>{label}</strong>
              <span className="choice-note">{BASIS_WORDS[basisOf(one)]}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <CheckList
        legend={
          <>
            このケースに出席する人<span className="required">必須</span>
          </>
        }
        items={people}
        keyOf={({ key }) => key}
        chosen={attending}
        onChange={setAttending}
      >
        {(person) => (
          <>
            {person.name}（{person.agencyName}）
            <span className="choice-note">
              守秘の誓約：
              {pledgeWords(
                pledgeOf(pledges, person, on),
                room.agencies.find(({ agencyId }) => agencyId === person.agencyId),
              )}
            </span>
          </>
        )}
      </CheckList>
      <p className="field-help">
        見られるのは、ここに入れた人だけです（機関のほかの職員は見られません）。
        {meeting.convening && (
          <>
            足りない人は、先に
            <a href={meetingPath(meeting.meetingId, 'people')}>招集する人</a>に加えてください。
          </>
        )}
      </p>
      <TextArea
        label="議題（話し合いたいこと）"
        value={agenda}
        maxLength={1000}
        onChange={setAgenda}
      />
      {kind === SHIEN && (
        <TextArea
          label="同意がないまま会議に出す理由"
          help="本人が同意を撤回しているとき、関わりを望んでいないときは、その意思をどう考えたかを書きます。"
          value={watchReason}
          maxLength={2000}
          onChange={setWatchReason}
        />
      )}
      {missing.length > 0 && (
        <div className="field-error" role="alert">
          {missing.map((one) => (
            <p key={one}>{one}</p>
          ))}
        </div>
      )}
      {failure !== null && (
        <>
          <Refusal error={failure} nameOf={(pointer) => nameOf(pointer, attendees)} />
          <WhatToDo error={failure} meetingId={meeting.meetingId} caseId={id} />
        </>
      )}
      <div className="actions">
        <Button type="submit" look="solid" busy={busy}>
          議題に加える
        </Button>
        <a className="button button-outline" href={meetingPath(meeting.meetingId)}>
          やめる
        </a>
        <span className="save-state">{dirty ? unsavedText(kept.state) : ''}</span>
      </div>
      {leaving !== null && (
        <Discard
          onStay={stay}
          onKeep={
            kept.state.kind === 'failed'
              ? null
              : () => {
                  kept.flush();
                  letGo();
                  leaving();
                }
          }
          onDiscard={() => {
            kept.drop();
            letGo();
            leaving();
          }}
        />
      )}
    </form>
  );
}

const attendee = (person: Person, pledgedOn: string): Data => ({
  ...(person.staffId !== undefined && { staffId: person.staffId }),
  ...(person.agencyId !== undefined && { agencyId: person.agencyId }),
  agencyName: person.agencyName,
  name: person.name,
  ...(pledgedOn !== '' && { pledgedOn }),
});

/** Whose attendance, or which question, the API speaks of. */
function nameOf(pointer: string, attendees: readonly Person[]): string {
  const at = /^\/data\/attendees\/(\d+)/.exec(pointer)?.[1];
  if (at !== undefined) return attendees[Number(at)]?.name ?? '出席する人';
  const names: Readonly<Record<string, string>> = {
    '/data/basis': '根拠',
    '/data/watchReason': '理由',
    '/data/agenda': '議題',
  };
  return names[pointer] ?? '';
}

interface WhatProps {
  readonly error: unknown;
  readonly meetingId: string;
  readonly caseId: string;
}

/** Where what is missing is done. */
function WhatToDo({ error, meetingId, caseId }: WhatProps) {
  if (!(error instanceof Problem)) return null;
  const codes = error.errors.map(({ code }) => code);
  return (
    <ul className="summary">
      {error.slug === 'already-on-agenda' && (
        <li>
          <a href={meetingPath(meetingId, 'minutes', caseId)}>このケースの会議録を開く</a>
        </li>
      )}
      {codes.includes('consent-of-subject') && (
        <li>
          <a href={consentPath(caseId)}>同意の説明と記録をする</a>
        </li>
      )}
      {codes.some((code) => code.startsWith('pledge')) && (
        <li>
          <a href={meetingPath(meetingId, 'people')}>守秘の誓約を記録する</a>
        </li>
      )}
    </ul>
  );
}
