import { lazy, Suspense, useState } from 'react';
import { auth } from '../../api';
import { Problem } from '../../http';
import { accept } from '../../session';
import type { Step } from '../../types';
import { useSingle } from '../../ui/attempt';
import { Button } from '../../ui/button';
import { TextField } from '../../ui/field';
import { Loading } from '../../ui/load';
import { StepForm } from './step-form';

const TotpSetup = lazy(() => import('./totp-setup'));

type Stage =
  { readonly next: 'start' } | { readonly next: 'recover'; readonly state: string } | Step;

/** Digits as authenticator apps show them, with or without a blank, full-width or not. */
const digits = (text: string): string =>
  text.replace(/[０-９]/g, (d) => String.fromCharCode(d.charCodeAt(0) - 0xfee0)).replace(/\D/g, '');

const NEW_PASSWORD_HELP =
  '12文字以上で、英大文字・英小文字・数字・記号を含めます。ほかで使っているものは避けてください。';

export function SignIn() {
  const [stage, setStage] = useState<Stage>({ next: 'start' });
  const [loginId, setLoginId] = useState('');
  const [password, setPassword] = useState('');
  const [repeated, setRepeated] = useState('');
  const [code, setCode] = useState('');
  const [hint, setHint] = useState<string>();
  const [error, setError] = useState<unknown>(null);
  const [busy, single] = useSingle();

  const enter = (step: Stage) => {
    setError(null);
    setHint(undefined);
    setCode('');
    setPassword('');
    setRepeated('');
    setStage(step);
  };

  const submit = (ask: () => Promise<Step>) =>
    void single(async () => {
      setError(null);
      setHint(undefined);
      try {
        const step = await ask();
        if (step.next === 'done') await accept(step.idToken, step.expiresIn);
        else enter(step);
      } catch (failure) {
        if (failure instanceof Problem && failure.status === 410) enter({ next: 'start' });
        setError(failure);
      }
    });

  const again = (
    <Button look="text" onClick={() => enter({ next: 'start' })}>
      はじめからやり直す
    </Button>
  );
  const codeField = (
    <TextField
      label="確認コード（6桁の数字）"
      inputMode="numeric"
      autoComplete="one-time-code"
      maxLength={12}
      required
      value={code}
      error={hint}
      onChange={setCode}
    />
  );
  const withCode = (ask: (code: string) => Promise<Step>) => {
    if (digits(code).length === 6) submit(() => ask(digits(code)));
    else setHint('認証アプリに表示されている6桁の数字を入力してください。');
  };

  switch (stage.next) {
    case 'start':
      return (
        <StepForm
          title="サインイン"
          action="次へ"
          busy={busy}
          error={error}
          onSubmit={() => {
            if (loginId === '' || password === '') setHint('入力してください。');
            else submit(() => auth.signIn(loginId, password));
          }}
        >
          <TextField
            label="利用者ID"
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            required
            value={loginId}
            error={loginId === '' ? hint : undefined}
            onChange={setLoginId}
          />
          <TextField
            label="パスワード"
            type="password"
            autoComplete="current-password"
            required
            value={password}
            error={password === '' ? hint : undefined}
            onChange={setPassword}
          />
        </StepForm>
      );
    case 'new_password':
      return (
        <StepForm
          title="新しいパスワードを決める"
          action="このパスワードにする"
          busy={busy}
          error={error}
          after={again}
          onSubmit={() => {
            if (password !== repeated) setHint('2つの欄に同じパスワードを入力してください。');
            else if (password === '') setHint('新しいパスワードを入力してください。');
            else submit(() => auth.newPassword(stage.state, password));
          }}
        >
          <p>はじめてのサインイン、認証の再発行、回復コードを使ったあとに決めます。</p>
          {/* Password managers ask whose password this is. */}
          <input hidden readOnly autoComplete="username" value={loginId} />
          <TextField
            label="新しいパスワード"
            help={NEW_PASSWORD_HELP}
            type="password"
            autoComplete="new-password"
            required
            value={password}
            onChange={setPassword}
          />
          <TextField
            label="新しいパスワード（もう一度）"
            type="password"
            autoComplete="new-password"
            required
            value={repeated}
            error={hint}
            onChange={setRepeated}
          />
        </StepForm>
      );
    case 'totp_setup':
      return (
        <StepForm
          title="認証アプリを登録する"
          action="登録する"
          busy={busy}
          error={error}
          after={again}
          onSubmit={() => withCode((given) => auth.totpSetup(stage.state, given))}
        >
          <Suspense fallback={<Loading />}>
            <TotpSetup secret={stage.secret} otpauthUri={stage.otpauthUri} loginId={loginId} />
          </Suspense>
          {codeField}
        </StepForm>
      );
    case 'totp':
      return (
        <StepForm
          title="確認コードを入れる"
          action="サインイン"
          busy={busy}
          error={error}
          onSubmit={() => withCode((given) => auth.totp(stage.state, given))}
          after={
            <div className="stack">
              <Button look="text" onClick={() => enter({ next: 'recover', state: stage.state })}>
                認証アプリを使えない（なくした）
              </Button>
              {again}
            </div>
          }
        >
          {codeField}
        </StepForm>
      );
    case 'recover':
      return (
        <StepForm
          title="認証アプリを使えないとき"
          action="回復コードで進む"
          busy={busy}
          error={error}
          after={again}
          onSubmit={() => {
            if (code.trim() === '') setHint('回復コードを入力してください。');
            else submit(() => auth.recover(stage.state, code.trim()));
          }}
        >
          <h3>管理者の方</h3>
          <p>
            印刷しておいた回復コードを1つ使えます。使ったコードは二度と使えません。続けて、新しいパスワードを決め、認証アプリを登録し直します。
          </p>
          <TextField
            label="回復コード"
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            value={code}
            error={hint}
            onChange={setCode}
          />
          <h3>管理者でない方、回復コードがない方</h3>
          <p>
            主管課の管理者に、認証の再発行を頼んでください。管理者本人の分は、別の管理者が再発行します。
          </p>
        </StepForm>
      );
    case 'done':
      return <Loading what="サインインしています" />;
  }
}
