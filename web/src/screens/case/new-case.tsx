import { useCallback, useRef, useState } from 'react';
import { createCase, currentVersion, offeredForm, putRecord } from '../../api';
import { applied } from '../../drafts/draft';
import { DraftOffer } from '../../drafts/offer';
import { casePath, INTAKE, navigate } from '../../router';
import type { Data, Draft, DraftPlace, Me } from '../../types';
import { ScreenHeading } from '../../ui/heading';
import { Show, useLoad } from '../../ui/load';
import { todayInJapan } from '../../wareki';
import { agencyChoices } from './choices-of';
import { Editor } from './editor';

interface Props {
  readonly me: Me;
  readonly onCreated: (caseId: string) => void;
}

async function loadForm() {
  const [version, form, agencies] = await Promise.all([
    currentVersion(INTAKE),
    offeredForm(INTAKE),
    agencyChoices(),
  ]);
  return { version, form, choices: { agencies } };
}

const never = () => false;
const NONE: readonly string[] = [];
const PLACE: DraftPlace = { caseId: null, form: INTAKE, recordId: null };

/** What is known without asking: today, here, me. */
const known = (me: Me): Data => ({
  receivedAt: todayInJapan(Date.now()),
  receivingAgencyId: me.agencyId,
  receivedBy: me.displayName,
});

export default function NewCase({ me, onCreated }: Props) {
  const made = useRef<string | null>(null);
  const [draft, setDraft] = useState<Draft | null>(null);
  const load = useCallback(loadForm, []);
  const [loaded, retry] = useLoad(load);
  return (
    <>
      <ScreenHeading>新しい相談</ScreenHeading>
      <Show loaded={loaded} retry={retry}>
        {({ version, form, choices }) => (
          <>
            <DraftOffer {...PLACE} onContinue={setDraft} />
            <Editor
              key={draft?.draftId}
              place={PLACE}
              draftId={draft?.draftId ?? null}
              startAbout={draft?.about ?? null}
              start={draft === null ? known(me) : applied(known(me), draft)}
              form={form}
              formVersion={version}
              choices={choices}
              base={{ data: known(me), revision: null }}
              fixed={NONE}
              brief
              save={async (revision, written, key) => {
                // A revision means that an earlier attempt made the case after all.
                const saved =
                  revision === null || made.current === null
                    ? { caseId: (await createCase(written, key)).caseId, revision: 1 }
                    : {
                        caseId: made.current,
                        revision: (await putRecord(made.current, INTAKE, revision, written, key))
                          .revision,
                      };
                made.current = saved.caseId;
                return {
                  revision: saved.revision,
                  done: () => {
                    onCreated(saved.caseId);
                    navigate(casePath(saved.caseId));
                  },
                };
              }}
              staysOpen={never}
              onCancel={() => navigate('#/')}
            />
          </>
        )}
      </Show>
    </>
  );
}
