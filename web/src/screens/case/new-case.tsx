import { useCallback } from 'react';
import { createCase, currentIntakeVersion, intakeSchema, listAgencies } from '../../api';
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

/** What is known without asking: today, here, me. */
const known = (me: Me): Data => ({
  receivedAt: todayInJapan(Date.now()),
  receivingAgencyId: me.agencyId,
  receivedBy: me.displayName,
});

export default function NewCase({ me, onCreated }: Props) {
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
            save={async (_revision, written, key) => {
              const { caseId } = await createCase(written, key);
              return () => {
                onCreated(caseId);
                navigate(casePath(caseId));
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
