import type { Session } from '../../session';
import { Dialog } from '../../ui/dialog';
import { SignIn } from './sign-in';

/** Over the page, which stays as it is beneath: whoever was typing goes on where they were. */
export function SignInAgain({ session }: { readonly session: Session & { phase: 'interrupted' } }) {
  return (
    <Dialog title="もう一度サインインしてください" opaque>
      <p>
        {session.reason === 'idle'
          ? `${session.me.idleMinutes}分のあいだ操作がなかったため、画面を隠しました。`
          : 'サインインの有効期間が過ぎました。'}
        入力していた内容は残っています。
      </p>
      <p>
        同じ方（{session.me.displayName}
        ）がサインインすると、続きから始められます。別の方がサインインすると、この画面の内容は消えます。
      </p>
      <SignIn />
    </Dialog>
  );
}
