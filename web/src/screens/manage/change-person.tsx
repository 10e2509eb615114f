import { useState } from 'react';
import type { Staff } from '../../types';
import { useAttemptKey } from '../../ui/attempt';
import { DayField, SelectField } from '../../ui/entry';
import { TextField } from '../../ui/field';
import { FormDialog, useSubmit } from '../../ui/submit';
import { changeStaff, type StaffChange } from './api';
import { agencyOptions, roleOptions, today, type Registers } from './staff-data';

interface Props {
  readonly staff: Staff;
  readonly registers: Registers;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** Changes one entry of the register. It acts from the person's next click. */
export function ChangePerson({ staff, registers, onClose, onDone }: Props) {
  const [displayName, setName] = useState(staff.displayName);
  const [role, setRole] = useState(staff.role);
  const [agencyId, setAgency] = useState(staff.agencyId);
  const [validTo, setTo] = useState(staff.validTo ?? '');
  const submit = useSubmit();
  const keyOf = useAttemptKey();
  const { faults } = submit;

  const send = () => {
    if (displayName.trim() === '') {
      submit.refuse(new Map([['/displayName', '氏名を記入してください。']]));
      return;
    }
    submit.run(async () => {
      const change: StaffChange = {
        staffId: staff.staffId,
        revision: staff.revision,
        displayName,
        role,
        agencyId,
        validTo: validTo === '' ? null : validTo,
      };
      const [outcome] = await changeStaff([change], false, keyOf(change));
      if (outcome?.outcome === 'refused') {
        submit.refuse(new Map([[fieldOf(outcome.code), outcome.text ?? '']]));
      } else {
        onDone();
      }
    });
  };
  return (
    <FormDialog
      title={`${staff.displayName}の登録を変える`}
      submit={submit}
      label="変える"
      onSubmit={send}
      onClose={onClose}
    >
      <p>変えたことは、本人の次の操作から効きます。記録に残った名前と機関は変わりません。</p>
      <TextField
        label="氏名"
        required
        maxLength={100}
        autoComplete="off"
        value={displayName}
        error={faults.get('/displayName')}
        onChange={setName}
      />
      <SelectField
        label="機関"
        value={agencyId}
        error={faults.get('/agencyId')}
        options={agencyOptions(registers.agencies)}
        onChange={setAgency}
      />
      <SelectField
        label="役割"
        value={role}
        error={faults.get('/role')}
        options={roleOptions(registers.roles)}
        onChange={setRole}
      />
      <DayField
        label="終わりの日"
        help={`この日まで使えます。今日（${today()}）より前にすると、すぐに使えなくなります。`}
        value={validTo}
        error={faults.get('/validTo')}
        onChange={setTo}
      />
    </FormDialog>
  );
}

const FIELDS: Readonly<Record<string, string>> = {
  'municipal-role': '/role',
  'last-manager': '/role',
  'period-over': '/validTo',
  format: '/validTo',
  'unknown-agency': '/agencyId',
  'unstorable-characters': '/displayName',
};

const fieldOf = (code: string | null): string => FIELDS[code ?? ''] ?? '';
