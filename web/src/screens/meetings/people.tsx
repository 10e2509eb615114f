import { useCallback, useState, type ReactNode } from 'react';
import { getMeeting, listColleagues, putMeeting } from '../../api';
import { Problem } from '../../http';
import { meetingPath } from '../../router';
import type { Colleague, Data, Meeting } from '../../types';
import { useAttemptKey, useSingle } from '../../ui/attempt';
import { Button } from '../../ui/button';
import { CheckList } from '../../ui/check-list';
import { TextField } from '../../ui/field';
import { Show, useLoad } from '../../ui/load';
import { Refusal } from '../../ui/refusal';
import { Term } from '../../ui/term';
import { useUnsaved, letGo } from '../../unsaved';
import { Discard } from '../../ui/discard';
import type { Room } from './meeting';
import { PledgeDialog, type Pledging } from './pledge-dialog';
import { pledgeOf, pledgeWords, rows, text } from './words';

interface Props {
  readonly room: Room;
  readonly refresh: (said: string | null) => Promise<void>;
  readonly onSaved: () => void;
}

/** Who is called to the meeting; and who has pledged secrecy until when. */
export function People(props: Props) {
  const load = useCallback(() => listColleagues(), []);
  const [loaded, retry] = useLoad(load);
  return (
    <Show loaded={loaded} retry={retry}>
      {(colleagues) => <Choosing {...props} colleagues={colleagues} />}
    </Show>
  );
}

const never = () => false;

function Choosing({ room, refresh, onSaved, colleagues }: Props & Listed) {
  const { meeting, agencies } = room;
  const before = rows(meeting.data, 'invited');
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set(before.map(keyOf)));
  const [guests, setGuests] = useState<readonly Data[]>(before.filter((row) => !row.staffId));
  const [pledging, setPledging] = useState<Pledging | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const [busy, single] = useSingle();
  const newKey = useAttemptKey();
  const was = new Set(before.map(keyOf));
  const dirty = [...chosen].some((key) => !was.has(key)) || [...was].some((k) => !chosen.has(k));
  const [leaving, stay] = useUnsaved(dirty, never);

  const save = () =>
    single(async () => {
      setFailure(null);
      const added = [...colleagues.map(asRow), ...guests].filter(
        (row) => chosen.has(keyOf(row)) && !was.has(keyOf(row)),
      );
      const dropped = new Set([...was].filter((key) => !chosen.has(key)));
      const store = (on: Meeting) => {
        const kept = rows(on.data, 'invited').filter((row) => !dropped.has(keyOf(row)));
        const there = new Set(kept.map(keyOf));
        const invited = [...kept, ...added.filter((row) => !there.has(keyOf(row)))];
        const data = { ...on.data, invited };
        const written = { formVersion: on.formVersion, data };
        return putMeeting(on.meetingId, on.revision ?? 0, written, newKey([on.revision, data]));
      };
      try {
        await store(meeting).catch(async (error: unknown) => {
          // Somebody else changed the meeting meanwhile: the same people are added and dropped.
          if (!(error instanceof Problem) || error.status !== 412) throw error;
          return store(await getMeeting(meeting.meetingId));
        });
        letGo();
        onSaved();
      } catch (error) {
        setFailure(error);
      }
    });

  const on = text(meeting.data.date);
  const pledged = (person: Pledging) =>
    pledgeWords(
      pledgeOf(room.pledges, person, on),
      agencies.find(({ agencyId }) => agencyId === person.agencyId),
    );
  const line = (person: Pledging) => (
    <>
      {person.name}
      <span className="choice-note">
        <span>守秘の誓約：{pledged(person)}</span>
      </span>
    </>
  );
  const byAgency = agencies
    .map((agency) => ({
      ...agency,
      people: colleagues.filter(({ agencyId }) => agencyId === agency.agencyId),
    }))
    .filter(({ people }) => people.length > 0);

  return (
    <div className="plain-form">
      <h2>招集する人</h2>
      <p>
        会議に呼ぶ人を選びます。呼ばれた人には日時と場所だけが見え、議題はケースごとに出席者へ示します。
      </p>
      {byAgency.map(({ agencyId, name, people }) => (
        <CheckList
          key={agencyId}
          legend={name}
          items={people}
          keyOf={({ staffId }) => staffId}
          chosen={chosen}
          onChange={setChosen}
        >
          {(person) => line(asPerson(person))}
        </CheckList>
      ))}
      <Guests
        guests={guests}
        chosen={chosen}
        onChosen={setChosen}
        room={room}
        line={line}
        onAdd={(row) => {
          setGuests([...guests.filter((one) => keyOf(one) !== keyOf(row)), row]);
          setChosen(new Set([...chosen, keyOf(row)]));
        }}
      />
      {failure !== null && <Refusal error={failure} nameOf={() => '招集する人'} />}
      <div className="actions">
        <Button look="solid" busy={busy} onClick={() => void save()}>
          保存する
        </Button>
        <a className="button button-outline" href={meetingPath(meeting.meetingId)}>
          やめる
        </a>
      </div>
      <section className="section" aria-labelledby="pledges">
        <h2 id="pledges" className="section-title">
          <Term name="pledge" />
          の記録
        </h2>
        <p>
          支援会議には、市町村の外の人は誓約の日がないと加われません。一度記録すると、終わりの日まで次の会議でも使います。
        </p>
        <ul className="people">
          {[...colleagues.map(asPerson), ...guests.map(guestOf)]
            .filter((person) => chosen.has(person.staffId ?? guestKey(person)))
            .map((person) => (
              <li key={person.staffId ?? guestKey(person)}>
                <span>
                  {person.name}（{agencies.find((a) => a.agencyId === person.agencyId)?.name}）
                </span>
                <span className="pledge">{pledged(person)}</span>
                <Button look="text" onClick={() => setPledging(person)}>
                  {`${person.name}の誓約を記録する`}
                </Button>
              </li>
            ))}
        </ul>
      </section>
      {pledging !== null && (
        <PledgeDialog
          person={pledging}
          onSaved={() => {
            setPledging(null);
            void refresh(null);
          }}
          onClose={() => setPledging(null)}
        />
      )}
      {leaving !== null && <Discard onStay={stay} onDiscard={leaving} />}
    </div>
  );
}

interface Listed {
  readonly colleagues: readonly Colleague[];
}

const guestKey = ({ name, agencyId }: Pledging): string => `${agencyId} ${name}`;

const keyOf = (row: Data): string =>
  typeof row.staffId === 'string' ? row.staffId : guestKey(guestOf(row));

const asRow = ({ staffId, agencyId, displayName }: Colleague): Data => ({
  staffId,
  agencyId,
  name: displayName,
});

const asPerson = ({ staffId, agencyId, displayName }: Colleague): Pledging => ({
  staffId,
  agencyId,
  name: displayName,
});

const guestOf = (row: Data): Pledging => ({ agencyId: text(row.agencyId), name: text(row.name) });

interface GuestsProps {
  readonly guests: readonly Data[];
  readonly chosen: ReadonlySet<string>;
  readonly onChosen: (chosen: ReadonlySet<string>) => void;
  readonly room: Room;
  readonly line: (person: Pledging) => ReactNode;
  readonly onAdd: (row: Data) => void;
}

/** People without a login: they sit at the table and read paper. */
function Guests({ guests, chosen, onChosen, room, line, onAdd }: GuestsProps) {
  const [name, setName] = useState('');
  const [agencyId, setAgencyId] = useState('');
  const [hint, setHint] = useState<string | undefined>(undefined);
  const add = () => {
    if (name.trim() === '' || agencyId === '') {
      setHint('氏名を書き、機関を選んでください。');
      return;
    }
    setHint(undefined);
    onAdd({ agencyId, name: name.trim() });
    setName('');
  };
  return (
    <fieldset className="fieldset">
      <legend className="field-label">利用登録のない人</legend>
      {guests.length > 0 && (
        <CheckList
          legend="加えた人"
          items={guests}
          keyOf={keyOf}
          chosen={chosen}
          onChange={onChosen}
        >
          {(row) => line(guestOf(row))}
        </CheckList>
      )}
      <TextField label="氏名" value={name} maxLength={100} error={hint} onChange={setName} />
      <div className="field">
        <label className="field-label" htmlFor="guest-agency">
          機関
        </label>
        <select
          id="guest-agency"
          className="input select"
          value={agencyId}
          onChange={(event) => setAgencyId(event.target.value)}
        >
          <option value="">選んでください</option>
          {room.agencies.map((one) => (
            <option key={one.agencyId} value={one.agencyId}>
              {one.name}
            </option>
          ))}
        </select>
      </div>
      <Button onClick={add}>この人を加える</Button>
    </fieldset>
  );
}
