import { useState } from 'react';
import { resetFactor } from '../../api';
import type { Staff } from '../../types';
import { useAttemptKey, useSingle } from '../../ui/attempt';
import { Button } from '../../ui/button';
import { Dialog } from '../../ui/dialog';
import { TextField } from '../../ui/field';
import { Failure } from '../../ui/load';
import { DESTROY_AFTER_USE, Slip } from '../../ui/slip';

interface Props {
  readonly staff: Staff;
  readonly onClose: () => void;
}

/** A lost factor is given anew by another manager; the temporary password is shown once. */
export function Reissue({ staff, onClose }: Props) {
  const [reason, setReason] = useState('');
  const [hint, setHint] = useState<string>();
  const [error, setError] = useState<unknown>(null);
  const [issued, setIssued] = useState<{ loginId: string; temporaryPassword: string }>();
  const [busy, single] = useSingle();
  const keyOf = useAttemptKey();

  if (issued !== undefined) {
    return (
      <Dialog title="認証を再発行しました">
        <p>
          仮パスワードはこの画面を閉じると二度と表示できません。印刷して、本人に直接渡してください。
        </p>
        <Slip title="再発行の控え" warning={DESTROY_AFTER_USE}>
          <dl className="pairs">
            <dt>氏名</dt>
            <dd>{staff.displayName}</dd>
            <dt>利用者ID</dt>
            <dd>{issued.loginId}</dd>
            <dt>仮パスワード</dt>
            <dd className="secret">{issued.temporaryPassword}</dd>
          </dl>
          <p>
            この仮パスワードでサインインし、新しいパスワードを決め、認証アプリを登録し直します。
          </p>
        </Slip>
        <div className="actions">
          <Button look="solid" onClick={onClose}>
            控えたので閉じる
          </Button>
        </div>
      </Dialog>
    );
  }

  const submit = () => {
    if (reason.trim() === '') {
      setHint('理由を記入してください。');
      return;
    }
    void single(async () => {
      setHint(undefined);
      setError(null);
      try {
        setIssued(await resetFactor(staff.staffId, reason, keyOf([staff.staffId, reason])));
      } catch (failure) {
        setError(failure);
      }
    });
  };
  return (
    <Dialog title={`${staff.displayName}の認証を再発行する`} onCancel={onClose}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <p>
          いまの認証とパスワードは使えなくなります。窓口や電話で本人であることを確かめてから進めてください。
        </p>
        {error !== null && <Failure error={error} />}
        <TextField
          label="再発行の理由"
          help="例：スマートフォンの機種変更。記録に残ります。"
          maxLength={200}
          required
          value={reason}
          error={hint}
          onChange={setReason}
        />
        <div className="actions">
          <Button type="submit" look="solid" busy={busy}>
            再発行する
          </Button>
          <Button onClick={onClose}>やめる</Button>
        </div>
      </form>
    </Dialog>
  );
}
