/** A file on its way: what is refused before anything is sent, and its parts. Pure but for hashing. */

export const MOST_BYTES = 20 * 1024 * 1024;
export const TAKEN = ['pdf', 'png', 'jpg', 'jpeg', 'docx', 'xlsx', 'pptx'] as const;

/** Why a file need not be sent at all; null where the API shall judge it. */
export function refusal(name: string, bytes: number): string | null {
  const ending = name.includes('.') ? name.slice(name.lastIndexOf('.') + 1).toLowerCase() : '';
  if (bytes === 0) return '中身のないファイルです。元のファイルを確かめてください。';
  if (bytes > MOST_BYTES) {
    return 'ファイルは20 MBまでです。画像の大きさを下げるか、いくつかに分けてください。';
  }
  if (ending === 'heic' || ending === 'heif') {
    return 'この写真の形式（HEIC）は受け付けられません。JPEGに変えてから添付してください。';
  }
  if (!(TAKEN as readonly string[]).includes(ending)) {
    return `この種類のファイルは受け付けられません。添付できるのは${TAKEN.join('・')}です。`;
  }
  return null;
}

/** First byte and the byte after the last one of a part; parts are numbered from 1. */
export const stretch = (
  number: number,
  partBytes: number,
  bytes: number,
): readonly [number, number] => [(number - 1) * partBytes, Math.min(number * partBytes, bytes)];

export function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes}バイト`;
  const [size, unit] = bytes < 1024 * 1024 ? [bytes / 1024, 'KB'] : [bytes / 1024 / 1024, 'MB'];
  return `${size < 10 ? Math.round(size * 10) / 10 : Math.round(size)} ${unit}`;
}

export async function sha256(file: Blob): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', await file.arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
