import { useCallback } from 'react';
import { addEntry, currentVersion, offeredForm } from '../../api';
import { NO_CHOICES } from '../../form/choices';
import { picked } from '../../form/picked';
import type { Data } from '../../types';
import { Dialog } from '../../ui/dialog';
import { Show, useLoad } from '../../ui/load';
import { Editor } from '../case/editor';

/** Whose pledge is recorded. */
export interface Pledging {
  readonly staffId?: string;
  readonly agencyId: string;
  readonly name: string;
}

const BOOK = 'pledge';
const NAMES = ['pledgedOn', 'until', 'evidence'];
const NONE: readonly string[] = [];
const NOTHING: Data = {};
const never = () => false;

interface Props {
  readonly person: Pledging;
  readonly onSaved: () => void;
  readonly onClose: () => void;
}

/** Records that somebody has pledged secrecy. */
export function PledgeDialog({ person, onSaved, onClose }: Props) {
  const load = useCallback(async () => {
    const [version, form] = await Promise.all([currentVersion(BOOK), offeredForm(BOOK)]);
    return { version, form: picked(form, NAMES) };
  }, []);
  const [loaded, retry] = useLoad(load);
  return (
    <Dialog title={`守秘の誓約：${person.name}`} wide>
      <Show loaded={loaded} retry={retry}>
        {({ version, form }) => (
          <Editor
            form={form}
            formVersion={version}
            choices={NO_CHOICES}
            base={{ data: NOTHING, revision: null }}
            fixed={NONE}
            save={async (_, written, key) => {
              const data = { ...person, ...written.data };
              const { revision } = await addEntry(BOOK, { ...written, data }, key);
              return { revision, done: onSaved };
            }}
            staysOpen={never}
            onCancel={onClose}
          />
        )}
      </Show>
    </Dialog>
  );
}
