import { useState } from 'react';
import { OnePaper } from '../../papers/one-paper';
import { useAttemptKey } from '../../ui/attempt';
import { Button } from '../../ui/button';
import { Dialog } from '../../ui/dialog';
import { DayField, SelectField } from '../../ui/entry';
import { TextField } from '../../ui/field';
import { DESTROY_AFTER_USE, Slip } from '../../ui/slip';
import { FormDialog, useSubmit } from '../../ui/submit';
import { formatDate } from '../../wareki';
import { invite, type Invitation } from './api';
import { agencyOptions, roleOptions, today, type Registers } from './staff-data';

interface Props {
  readonly registers: Registers;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** Enters a person and gives out, once, what they need for the first sign-in. */
export function Invite({ registers, onClose, onDone }: Props) {
  const [displayName, setName] = useState('');
  const [loginId, setLogin] = useState('');
  const [role, setRole] = useState('');
  const [agencyId, setAgency] = useState('');
  const [validFrom, setFrom] = useState(today());
  const [validTo, setTo] = useState('');
  const [made, setMade] = useState<Invitation | null>(null);
  const submit = useSubmit();
  const keyOf = useAttemptKey();
  const { faults } = submit;

  const send = () => {
    const missing = new Map<string, string>();
    if (displayName.trim() === '') missing.set('/displayName', '氏名を記入してください。');
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{2,59}$/.test(loginId)) {
      missing.set('/loginId', '利用者IDは、半角の英数字と . _ - で3文字以上にしてください。');
    }
    if (role === '') missing.set('/role', '役割を選んでください。');
    if (agencyId === '') missing.set('/agencyId', '機関を選んでください。');
    if (validFrom === '') missing.set('/validFrom', '始まりの日を記入してください。');
    if (missing.size > 0) {
      submit.refuse(missing);
      return;
    }
    submit.run(async () => {
      const person = {
        displayName,
        loginId,
        role,
        agencyId,
        validFrom,
        validTo: validTo === '' ? null : validTo,
      };
      setMade(await invite(person, keyOf(person)));
    });
  };

  if (made !== null) {
    return (
      <Dialog title="職員を登録しました">
        <p>
          仮パスワードはこの画面を閉じると二度と表示できません。印刷して、本人に直接渡してください。
        </p>
        <Slip title="利用登録の控え" warning={DESTROY_AFTER_USE}>
          <dl className="pairs">
            <dt>氏名</dt>
            <dd>{displayName}</dd>
            <dt>機関</dt>
            <dd>{registers.agencies.find((a) => a.agencyId === agencyId)?.name}</dd>
            <dt>開くアドレス</dt>
            <dd>{document.baseURI}</dd>
            <dt>利用者ID</dt>
            <dd>{made.loginId}</dd>
            <dt>仮パスワード</dt>
            <dd className="secret">{made.temporaryPassword}</dd>
            <dt>使い始める日</dt>
            <dd>{formatDate(validFrom)}</dd>
          </dl>
          <p>このアドレスを開いてサインインし、新しいパスワードを決め、認証アプリを登録します。</p>
        </Slip>
        <p>
          仮パスワードの入らない「利用者登録のご案内」も印刷できます。後からでも、職員の一覧から印刷できます。
        </p>
        <div className="actions">
          <OnePaper paper="sign-up" query={{ staff: made.staffId }} label="ご案内（PDF）" />
          <Button look="solid" onClick={onDone}>
            控えたので閉じる
          </Button>
        </div>
      </Dialog>
    );
  }
  return (
    <FormDialog
      title="職員を招待する"
      submit={submit}
      label="登録する"
      onSubmit={send}
      onClose={onClose}
    >
      <TextField
        label="氏名"
        required
        maxLength={100}
        autoComplete="off"
        value={displayName}
        error={faults.get('/displayName')}
        onChange={setName}
      />
      <TextField
        label="利用者ID"
        help="サインインに使います。半角の英数字と . _ - で3文字以上。後から変えられません。"
        required
        maxLength={60}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        value={loginId}
        error={faults.get('/loginId')}
        onChange={setLogin}
      />
      <SelectField
        label="機関"
        required
        empty="選んでください"
        value={agencyId}
        error={faults.get('/agencyId')}
        options={agencyOptions(registers.agencies)}
        onChange={setAgency}
      />
      <SelectField
        label="役割"
        help="管理者・担当・監査になれるのは、主管課の人だけです。"
        required
        empty="選んでください"
        value={role}
        error={faults.get('/role')}
        options={roleOptions(registers.roles)}
        onChange={setRole}
      />
      <DayField
        label="使い始める日"
        required
        value={validFrom}
        error={faults.get('/validFrom')}
        onChange={setFrom}
      />
      <DayField
        label="終わりの日"
        help="委嘱や任期の終わりが分かっているときに記入します。"
        value={validTo}
        error={faults.get('/validTo')}
        onChange={setTo}
      />
    </FormDialog>
  );
}
