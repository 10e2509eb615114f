import type { Agency, Data } from '../../../types';
import { Button } from '../../../ui/button';
import { Dialog } from '../../../ui/dialog';
import { explanation } from './consent-words';

interface Props {
  readonly data: Data;
  readonly agencies: readonly Agency[];
  readonly town: string;
  readonly onClose: () => void;
}

/** What is shown to the person, large and alone on the screen; nothing of the case lies behind. */
export function Explain({ data, agencies, town, onClose }: Props) {
  return (
    <Dialog title="情報を共有することについて" onCancel={onClose} opaque wide>
      <div className="slip explain" tabIndex={-1}>
        <p>
          あなたの相談のことを、次のように関係機関に見せてよいか、お聞きします。よく分からないところは、何度でも聞いてください。
        </p>
        <Explained data={data} agencies={agencies} town={town} />
      </div>
      <div className="actions no-print">
        <Button look="solid" onClick={onClose}>
          説明を終える
        </Button>
        <Button onClick={() => window.print()}>印刷して渡す</Button>
      </div>
    </Dialog>
  );
}

export function Explained({ data, agencies, town }: Omit<Props, 'onClose'>) {
  return (
    <dl className="explained">
      {explanation(data, agencies, town)
        .filter(({ lines }) => lines.length > 0)
        .map(({ title, lines }) => (
          <div key={title}>
            <dt>{title}</dt>
            <dd>
              {lines.length === 1 ? (
                <p>{lines[0]}</p>
              ) : (
                <ul>
                  {lines.map((line) => (
                    <li key={line}>{line}</li>
                  ))}
                </ul>
              )}
            </dd>
          </div>
        ))}
    </dl>
  );
}
