import { useRef, useState } from 'react';
import { getFile } from '../../../api';
import { Button } from '../../../ui/button';
import { Failure } from '../../../ui/load';
import { sizeText } from './parts';

interface Props {
  readonly caseId: string;
  readonly fileId: string;
  readonly name: string;
  readonly bytes: number;
}

/** Hands what was fetched to the browser to be saved; it is never shown in the page. */
function save(content: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Fetches a file stretch by stretch; what has come stays when the line is cut. */
export function Download({ caseId, fileId, name, bytes }: Props) {
  const [come, setCome] = useState<number | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const stop = useRef<AbortController | null>(null);
  const got = useRef<Blob[]>([]);

  const fetchAll = async () => {
    const controller = new AbortController();
    stop.current = controller;
    setFailure(null);
    let have = got.current.reduce((sum, part) => sum + part.size, 0);
    try {
      while (have < bytes) {
        setCome(have);
        const part = await getFile(caseId, fileId, have, controller.signal);
        if (part.size === 0) throw new Error('an empty answer');
        got.current.push(part);
        have += part.size;
      }
      save(new Blob(got.current, { type: 'application/octet-stream' }), name);
      got.current = [];
    } catch (error) {
      if (!controller.signal.aborted) setFailure(error);
    }
    setCome(null);
  };

  if (come !== null) {
    return (
      <span className="actions">
        <span role="status">
          {sizeText(come)} / {sizeText(bytes)}
        </span>
        <Button aria-label={`「${name}」の受け取りを止める`} onClick={() => stop.current?.abort()}>
          止める
        </Button>
      </span>
    );
  }
  const what = got.current.length > 0 ? '続きから受け取る' : '保存する';
  return (
    <>
      <Button aria-label={`「${name}」を${what}`} onClick={() => void fetchAll()}>
        {what}
      </Button>
      {failure !== null && <Failure error={failure} />}
    </>
  );
}
