import { DESTROY_AFTER_USE, Slip } from '../../ui/slip';
import { QrCode } from './qr-code';

interface Props {
  readonly secret: string;
  readonly otpauthUri: string;
  readonly loginId: string;
}

const inFours = (secret: string): string => secret.match(/.{1,4}/g)?.join(' ') ?? secret;

/** Shows the new factor: to scan, or to write into a token where nobody may use a smartphone. */
export default function TotpSetup({ secret, otpauthUri, loginId }: Props) {
  return (
    <>
      <ol className="steps">
        <li>スマートフォンの認証アプリで、下のQRコードを読み取ります。</li>
        <li>アプリに表示された6桁の確認コードを、下の欄に入れます。</li>
      </ol>
      <QrCode text={otpauthUri} label="認証アプリに登録するためのQRコード" />
      <details className="plain-details">
        <summary>スマートフォンを使えない・QRコードを読み取れないとき</summary>
        <p>
          認証アプリの「キーを入力」に次の文字を入れるか、書き込み式のトークンに登録します。登録用の控えを印刷して、トークンの担当者に渡すこともできます。
        </p>
        <Slip title="登録用の控え" warning={DESTROY_AFTER_USE}>
          <dl className="pairs">
            <dt>利用者ID</dt>
            <dd>{loginId}</dd>
            <dt>登録キー</dt>
            <dd className="secret">{inFours(secret)}</dd>
            <dt>方式</dt>
            <dd>TOTP・30秒・6桁・SHA-1</dd>
          </dl>
          <div className="print-only">
            <QrCode text={otpauthUri} label="登録キーのQRコード" />
          </div>
        </Slip>
      </details>
    </>
  );
}
