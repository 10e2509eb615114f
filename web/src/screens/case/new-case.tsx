import { useCallback, useRef } from 'react';
import { createCase, currentIntakeVersion, intakeSchema, listAgencies, putIntake } from '../../api';
import { casePath, navigate } from '../../router';
import type { Data, Me } from '../../types';
import { ScreenHeading } from '../../ui/heading';
import { Show, useLoad } from '../../ui/load';
import { todayInJapan } from '../../wareki';
import { Editor } from './editor';

interface Props {
  readonly me: Me;
  readonly onCreated: (caseId: string) => void;
}

async function loadForm() {
  const version = await currentIntakeVersion();
  const [form, agencies] = await Promise.all([intakeSchema(version), listAgencies()]);
  return { version, form, agencies };
}

const never = () => false;
const NONE: readonly string[] = [];

/** What is known without asking: today, here, me. */
const known = (me: Me): Data => ({
  receivedAt: todayInJapan(Date.now()),
  receivingAgencyId: me.agencyId,
  receivedBy: me.displayName,
});

export default function NewCase({ me, onCreated }: Props) {
  const made = useRef<string | null>(null);
  const load = useCallback(loadForm, []);
  const [loaded, retry] = useLoad(load);
  return (
    <>
      <ScreenHeading>新しい相談</ScreenHeading>
      <Show loaded={loaded} retry={retry}>
        {({ version, form, agencies }) => (
          <Editor
            form={form}
            formVersion={version}
            agencies={agencies}
            base={{ data: known(me), revision: null }}
            fixed={NONE}
            save={async (revision, written, key) => {
              // A revision means that an earlier attempt made the case after all.
              const saved =
                revision === null || made.current === null
                  ? { caseId: (await createCase(written, key)).caseId, revision: 1 }
                  : {
                      caseId: made.current,
                      revision: (await putIntake(made.current, revision, written, key)).revision,
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
        )}
      </Show>
    </>
  );
}
