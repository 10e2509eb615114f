import { useCallback, useState } from 'react';
import { keepDigest, readDigest } from '../api';
import { useSingle } from '../ui/attempt';
import { Button } from '../ui/button';
import { Failure, useLoad } from '../ui/load';

/** Whether one is told by e-mail each morning how much waits; nothing where the town has none. */
export function DigestSetting() {
  const load = useCallback(() => readDigest(), []);
  const [loaded, again] = useLoad(load);
  const [typed, setTyped] = useState('');
  const [failure, setFailure] = useState<unknown>(null);
  const [busy, single] = useSingle();
  if (loaded.state !== 'ready' || !loaded.value.offered) return null;
  const { address } = loaded.value;
  const keep = (next: string | null) =>
    void single(async () => {
      setFailure(null);
      try {
        await keepDigest(next);
        again();
      } catch (error) {
        setFailure(error);
      }
    });
  return (
    <details className="section digest">
      <summary>
        件数を知らせるメール（いまは{address === null ? '受け取らない' : '受け取る'}）
      </summary>
      <p>
        平日の朝、確かめることの件数だけをメールで知らせます。氏名もケース番号も自治体の名前も書きません。
      </p>
      {failure !== null && <Failure error={failure} />}
      {address === null ? (
        <form
          className="field"
          onSubmit={(event) => {
            event.preventDefault();
            keep(typed.trim());
          }}
        >
          <label className="label" htmlFor="digest-address">
            メールアドレス
          </label>
          <div className="actions">
            <input
              id="digest-address"
              className="input"
              type="email"
              autoComplete="email"
              maxLength={254}
              required
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
            />
            <Button type="submit" busy={busy}>
              メールを受け取る
            </Button>
          </div>
        </form>
      ) : (
        <div className="actions">
          <span>{address} に届きます。</span>
          <Button busy={busy} onClick={() => keep(null)}>
            受け取るのをやめる
          </Button>
        </div>
      )}
    </details>
  );
}
