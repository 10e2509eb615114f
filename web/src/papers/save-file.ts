const TYPES = {
  pdf: 'application/pdf',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
} as const;

export type Kind = keyof typeof TYPES;

/** Hands a file to the browser to keep. `name` holds no personal data: downloads are listed. */
export function saveFile(content: Blob, name: string, kind: Kind): void {
  const address = URL.createObjectURL(new Blob([content], { type: TYPES[kind] }));
  const link = document.createElement('a');
  link.href = address;
  link.download = `${name}.${kind}`;
  link.click();
  // The browser has taken the file by the time it lets other work run.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
