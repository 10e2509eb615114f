import { useState } from 'react';
import { makeRecoveryCodes } from '../../api';
import { refreshMe } from '../../session';
import type { Me } from '../../types';
import { useSingle } from '../../ui/attempt';
import { Button } from '../../ui/button';
import { Dialog } from '../../ui/dialog';
import { Failure } from '../../ui/load';
import { Slip } from '../../ui/slip';

const KEEP_LOCKED =
  'この控えは、鍵のかかる場所に保管してください。使ったコードには線を引き、作り直したら必ず細断して廃棄してください。';

/** A manager's way in when the factor is lost and no other manager is there. Shown once. */
export function RecoveryCodes({ me }: { readonly me: Me }) {
  const [asking, setAsking] = useState(false);
  const [codes, setCodes] = useState<readonly string[]>([]);
  const [error, setError] = useState<unknown>(null);
  const [busy, single] = useSingle();

  const make = () =>
    void single(async () => {
      setError(null);
      try {
        setCodes((await makeRecoveryCodes(crypto.randomUUID())).codes);
        setAsking(false);
        await refreshMe();
      } catch (failure) {
        setError(failure);
      }
    });

  return (
    <>
      <p>
        認証アプリをなくしたときに、1つにつき1回だけ使えます。印刷して、鍵のかかる場所に保管してください。
      </p>
      <p>
        残り：<strong>{me.recoveryCodesLeft}</strong>個
      </p>
      <Button onClick={() => setAsking(true)}>回復コードを作る</Button>
      {asking && (
        <Dialog title="回復コードを作る" onCancel={() => setAsking(false)}>
          <p>10個の回復コードを作ります。前に作ったものは使えなくなります。</p>
          {error !== null && <Failure error={error} />}
          <div className="actions">
            <Button look="solid" busy={busy} onClick={make}>
              作る
            </Button>
            <Button onClick={() => setAsking(false)}>やめる</Button>
          </div>
        </Dialog>
      )}
      {codes.length > 0 && (
        <Dialog title="回復コードを作りました">
          <p>この画面を閉じると二度と表示できません。印刷するか、書き写してください。</p>
          <Slip title="回復コードの控え" warning={KEEP_LOCKED}>
            <p>{me.displayName}</p>
            <ol className="codes">
              {codes.map((code) => (
                <li key={code} className="secret">
                  {code}
                </li>
              ))}
            </ol>
          </Slip>
          <div className="actions">
            <Button look="solid" onClick={() => setCodes([])}>
              控えたので閉じる
            </Button>
          </div>
        </Dialog>
      )}
    </>
  );
}
