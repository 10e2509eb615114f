import { useRef, useState } from 'react';
import { beginFile, completeFile, putPart } from '../../../api';
import { Problem } from '../../../http';
import { fromBody } from '../../../form/pointer';
import type { Data, FormRecord, NotMyNumber, Upload } from '../../../types';
import { useAttemptKey } from '../../../ui/attempt';
import { sha256, stretch } from './parts';

export interface Declared {
  readonly data: Data;
  readonly about?: FormRecord['about'];
}

export type Sending =
  | { readonly at: 'idle' }
  | { readonly at: 'sending'; readonly sent: number; readonly parts: number }
  | { readonly at: 'judging' }
  /** stopped by hand or by a failure: what was sent stays there for a day */
  | { readonly at: 'stopped'; readonly sent: number; readonly parts: number; readonly why: unknown }
  /** all is sent, and the scanner has not answered yet */
  | { readonly at: 'quarantined' }
  | { readonly at: 'refused'; readonly why: Problem }
  /** numbers that look like a 個人番号, and where */
  | { readonly at: 'suspected'; readonly why: Problem };

interface OnWay {
  readonly file: File;
  readonly upload: Upload;
  /** parts that have arrived */
  sent: number;
}

/** Sends a file in its parts; a part that failed is sent again, not the whole file. */
export function useUpload(caseId: string, onDone: (record: FormRecord) => void) {
  const [state, setState] = useState<Sending>({ at: 'idle' });
  const onWay = useRef<OnWay | null>(null);
  const stop = useRef<AbortController | null>(null);
  const keyOf = useAttemptKey();

  const forget = () => {
    stop.current?.abort();
    onWay.current = null;
    setState({ at: 'idle' });
  };

  const failed = (error: unknown) => {
    const now = onWay.current;
    const slug = error instanceof Problem ? error.slug : '';
    if (slug === 'file-in-quarantine') setState({ at: 'quarantined' });
    else if (slug === 'my-number-suspected') setState({ at: 'suspected', why: error as Problem });
    else if (error instanceof Problem && error.status === 422) {
      onWay.current = null;
      setState({ at: 'refused', why: error });
    } else {
      if (slug === 'no-upload') onWay.current = null;
      // Which parts are missing is found out by sending them again: the same part may come twice.
      if (slug === 'parts-missing' && now !== null) now.sent = 0;
      setState({ at: 'stopped', sent: now?.sent ?? 0, parts: now?.upload.parts ?? 0, why: error });
    }
  };

  const run = async (work: (signal: AbortSignal) => Promise<void>): Promise<void> => {
    const controller = new AbortController();
    stop.current = controller;
    try {
      await work(controller.signal);
    } catch (error) {
      if (stop.current === controller) failed(controller.signal.aborted ? null : error);
    }
  };

  const finish = async (statements: readonly NotMyNumber[]) => {
    const now = onWay.current;
    if (now === null) return;
    setState({ at: 'judging' });
    const record = await completeFile(now.upload.uploadId, statements);
    onWay.current = null;
    setState({ at: 'idle' });
    onDone(record);
  };

  const send = async (signal: AbortSignal) => {
    const now = onWay.current;
    if (now === null) return;
    const { file, upload } = now;
    while (now.sent < upload.parts) {
      setState({ at: 'sending', sent: now.sent, parts: upload.parts });
      const [from, to] = stretch(now.sent + 1, upload.partBytes, file.size);
      await putPart(upload.uploadId, now.sent + 1, file.slice(from, to), signal);
      now.sent += 1;
    }
    await finish([]);
  };

  return {
    state,
    forget,
    stop: () => stop.current?.abort(),
    /** from the beginning; `statements`: that numbers in name or description are no 個人番号 */
    start: (file: File, declared: Declared, statements: readonly NotMyNumber[] = []) =>
      run(async (signal) => {
        setState({ at: 'sending', sent: 0, parts: 1 });
        const body = {
          ...declared,
          data: { ...declared.data, name: file.name, bytes: file.size, sha256: await sha256(file) },
          ...(statements.length === 0 ? {} : { notMyNumber: statements }),
        };
        signal.throwIfAborted();
        onWay.current = { file, upload: await beginFile(caseId, body, keyOf(body)), sent: 0 };
        await send(signal);
      }),
    /** from the first part that has not arrived */
    goOn: () => run(send),
    /** asks again what became of the file */
    judge: (statements: readonly NotMyNumber[] = []) => run(() => finish(statements)),
    /** whether the file itself is there and only its judgement waits */
    isThere: () => onWay.current !== null,
  };
}

/** Places that a problem names, each once, as a statement points to them. */
export const suspectedAt = (why: Problem): readonly string[] => [
  ...new Set(why.errors.map(({ pointer }) => fromBody(pointer))),
];
